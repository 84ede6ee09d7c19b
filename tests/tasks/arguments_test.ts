import assert from "node:assert/strict";
import { assertThrows } from "../assert.ts";
import { dataChoice, gpuChoice, readArguments } from "../../tasks/arguments.ts";
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
