import assert from "node:assert/strict";
import { assertThrows } from "../assert.ts";
import config from "../../deno.json" with { type: "json" };
import { projectRoot } from "../../lib/util/files.ts";
import {
  checkEnvironment,
  dataChoice,
  gpuChoice,
  readArguments,
  readWords,
} from "../../tasks/arguments.ts";
import { HelpAsked, SetupError } from "../../tasks/run.ts";

const kinds = { data: "string", full: "boolean" } as const;
const read = (...args: string[]) => readArguments("draw", args, kinds, "--data FOLDER and --full");

Deno.test("options are read in any order, with a blank or an equals sign", () => {
  assert.deepEqual(read(), {});
  assert.deepEqual(read("--full", "--data", "a b"), { full: true, data: "a b" });
  assert.deepEqual(read("--data=-x=y"), { data: "-x=y" });
});

Deno.test("what is not an option of the task is refused by name", () => {
  for (
    const [args, part] of [
      [["--fast"], "draw does not know --fast; it takes --data FOLDER and --full"],
      [["-f"], "does not know -f"],
      [["folder"], "does not know folder"],
      [["--full=no"], "does not know --full=no"],
      [["--data"], "does not know --data without a value"],
      [["--data="], "does not know --data without a value"],
      [["--data", "--full"], "does not know --data without a value"],
      [["--no-full"], "does not know --no-full"],
      [["--", "folder"], "does not know folder"],
    ] as const
  ) {
    assertThrows(() => read(...args), SetupError, part);
  }
});

Deno.test("--help says what a task takes, whatever else is asked of it", () => {
  for (const args of [["--help"], ["-h"], ["--fast", "--help"], ["--data", "--help"]]) {
    assertThrows(() => read(...args), HelpAsked, "draw takes --data FOLDER and --full");
  }
});

Deno.test("a task that takes words takes them beside its options, and knows no other option", () => {
  const read = (...args: string[]) => readWords("draw", args, kinds, "files and --full");
  assert.deepEqual(read("a", "--full", "b"), { values: { full: true }, words: ["a", "b"] });
  assert.deepEqual(read("--", "--full"), { values: {}, words: ["--full"] });
  assertThrows(() => read("a", "--fast"), SetupError, "draw does not know --fast; it takes files");
  assertThrows(() => read("a", "--help"), HelpAsked, "draw takes files and --full");
});

/** These read their arguments in ways of their own, or hand them to another program. */
const tasks = ["kernels", "test", "test:specs", "test:coverage", "lab", "page", "data"] as const;

Deno.test("a task that is asked for help says what it takes and does nothing else", async () => {
  await Promise.all(tasks.map(async (task) => {
    const { command } = config.tasks[task];
    assert(command.startsWith("deno run ") && !command.includes("&&"), "help reaches one program");
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", ...command.split(" ").slice(2), "--help"],
      cwd: projectRoot,
    }).output();
    const [told, complaints] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.match(told!, new RegExp(`^deno task ${task} takes .*\\.\n$`), complaints!);
    assert.equal(success, true);
  }));
});

Deno.test("a variable that the notebooks would refuse is refused before the long work", () => {
  checkEnvironment();
  for (
    const [name, value, message] of [
      [
        "LENET_THREADS",
        "999",
        'LENET_THREADS must be a whole number from 1 to 64, but it is "999"',
      ],
      ["LENET_BACKEND", "cuda", "no backend named cuda (LENET_BACKEND)"],
      ["LENET_SPLIT", "val=2", "LENET_SPLIT"],
    ] as const
  ) {
    const before = Deno.env.get(name);
    Deno.env.set(name, value);
    try {
      assertThrows(checkEnvironment, SetupError, message);
    } finally {
      if (before === undefined) Deno.env.delete(name);
      else Deno.env.set(name, before);
    }
  }
});

Deno.test("a build of TensorFlow is chosen once", () => {
  assert.deepEqual([gpuChoice({}), gpuChoice({ gpu: true }), gpuChoice({ cpu: true })], [
    undefined,
    true,
    false,
  ]);
  assertThrows(() => gpuChoice({ gpu: true, cpu: true }), SetupError, "not both");
});

Deno.test("a path counts from where the reader stands, and LENET_DATA stands in for --data", () => {
  const before = ["INIT_CWD", "LENET_DATA"].map((name) => [name, Deno.env.get(name)] as const);
  try {
    Deno.env.set("INIT_CWD", "/reader");
    Deno.env.set("LENET_DATA", "");
    const choices = ["images", "../images", "/x/y", "fashion-mnist"].map(dataChoice);
    assert.deepEqual(choices, ["/reader/images", "/images", "/x/y", "fashion-mnist"]);
    assert.equal(dataChoice(undefined), undefined);
    Deno.env.set("LENET_DATA", "images");
    assert.equal(dataChoice(undefined), "/reader/images");
    assert.equal(dataChoice("mine"), "/reader/mine");
    Deno.env.set("LENET_DATA", "mnist");
    assert.equal(dataChoice(undefined), "mnist");
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
});
