import assert from "node:assert/strict";
import { assertThrows } from "../assert.ts";
import { gpuChoice, readArguments } from "../../tasks/arguments.ts";
import { SetupError } from "../../tasks/run.ts";

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

Deno.test("a build of TensorFlow is chosen once", () => {
  assert.deepEqual([gpuChoice({}), gpuChoice({ gpu: true }), gpuChoice({ cpu: true })], [
    undefined,
    true,
    false,
  ]);
  assertThrows(() => gpuChoice({ gpu: true, cpu: true }), SetupError, "not both");
});
