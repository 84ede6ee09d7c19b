/**
 * A process that `trainTogether` starts. It reads one configuration a line from its standard input, trains it on one
 * thread, leaves the run in the store, and writes what it has to say, one JSON a line. It ends with its input.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import type { ToldOfTraining } from "./train_together.ts";

/** Milliseconds from one word about the progress to the next. */
const PAUSE = 250;

// a cell that is stopped sends this to the kernel's processes, too; whoever started this one ends it
process.on("SIGINT", () => {});
// what takes its time comes after that
const { openExperiment } = await import("./experiment.ts");
const { readNonFinite } = await import("../util/non_finite_json.ts");

const tell = (told: ToldOfTraining) => console.log(JSON.stringify(told));

const input = createInterface({ input: process.stdin });
input.on("close", () => process.exit(0));
const dataFolder: string | null = JSON.parse(process.argv[2]!);
const opening = openExperiment(undefined, dataFolder === null ? {} : { dataFolder });

for await (const line of input) {
  try {
    const { data, store } = await opening, configuration = JSON.parse(line, readNonFinite);
    let last = -Infinity;
    const { origin } = await store.loadOrTrain(configuration, data, {
      continueAtBrokenLoss: true,
      onProgress(done) {
        if (performance.now() - last < PAUSE) return;
        last = performance.now();
        tell({ done });
      },
    });
    tell({ origin, path: await store.path(configuration, data) });
  } catch (error) {
    tell({ failed: error instanceof Error ? error.message : String(error) });
  }
}
