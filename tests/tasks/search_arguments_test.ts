import assert from "node:assert/strict";
import { assertThrows } from "../assert.ts";
import { parseArguments } from "../../tasks/search.ts";

Deno.test("deno task search: its options, and what it does not know", () => {
  const workers = navigator.hardwareConcurrency;
  const usual = {
    ...{ data: undefined, second: false, final: false, turbo: false, seeds: 5 },
    ...{ epochs: undefined, workers },
  };
  assert.deepEqual(parseArguments([]), usual);
  assert.deepEqual(
    parseArguments(["--data", "/x", "--second", "--final", "--turbo", "--seeds=3"]),
    {
      ...{
        data: "/x",
        second: true,
        final: true,
        turbo: true,
        seeds: 3,
        epochs: undefined,
        workers,
      },
    },
  );
  const { epochs, workers: two } = parseArguments(["--final", "--epochs=50", "--workers=2"]);
  assert.deepEqual([epochs, two], [50, 2]);
  assertThrows(() => parseArguments(["--final", "--seeds", "0"]), Error, "from 1 to 999, not 0");
  assertThrows(() => parseArguments(["--epochs", "9"]), Error, "--epochs is about the final runs");
  assertThrows(() => parseArguments(["--rounds", "2"]), Error, "search does not know --rounds");
});
