import assert from "node:assert/strict";
import { assertThrows } from "../assert.ts";
import { join } from "node:path";
import { bestRecipeSummary } from "../../lib/report/tables/search_table.ts";
import type { FinalRun, SearchLog } from "../../lib/runs/search_log.ts";
import { parseArguments, standingBetter } from "../../tasks/search.ts";

Deno.test("deno task search: its options, and what it does not know", () => {
  const workers = navigator.hardwareConcurrency;
  const usual = {
    ...{ data: undefined, which: "first", final: false, turbo: false, seeds: 5 },
    ...{ epochs: undefined, workers },
  };
  assert.deepEqual(parseArguments([]), usual);
  assert.deepEqual(
    parseArguments(["--data", "/x", "--second", "--final", "--turbo", "--seeds=3"]),
    {
      ...{
        data: "/x",
        which: "second",
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
  assert.equal(parseArguments(["--third"]).which, "third");
  assertThrows(() => parseArguments(["--third", "--second"]), Error, "two searches; give one");
  assertThrows(() => parseArguments(["--final", "--seeds", "0"]), Error, "from 1 to 999, not 0");
  assertThrows(() => parseArguments(["--epochs", "9"]), Error, "--epochs is about the final runs");
  assertThrows(() => parseArguments(["--rounds", "2"]), Error, "search does not know --rounds");
});

Deno.test("deno task search --final leaves a recipe that is better on the validation images", async () => {
  const run = (top1: number, top5: number): FinalRun => ({
    ...{
      key: "",
      candidate: "one",
      epochs: 1,
      seed: 1,
      top1,
      top5,
      seconds: 1,
      date: "2026-01-01",
    },
    test: { top1: 0.5, top5: 0.9, images: 100 },
  });
  const log = (...final: FinalRun[]): SearchLog => ({
    ...{ data: "tiny", trainImages: 100, chosenBy: 100, trials: [], kept: [], final },
  });
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "best_recipe");
    assert.equal(await standingBetter(`${path}.json`, log(run(0.1, 0.2))), undefined);
    await bestRecipeSummary(log(run(0.3, 0.6)), 100).save(path);
    const worse = await standingBetter(`${path}.json`, log(run(0.2, 0.5), run(0.4, 0.6)));
    assert.match(worse!, /stays as it is: its recipe has 0\.450 .* this one 0\.425/);
    assert.equal(await standingBetter(`${path}.json`, log(run(0.2, 0.7))), undefined);
    assert.equal(await standingBetter(`${path}.json`, log(run(0.31, 0.6))), undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
