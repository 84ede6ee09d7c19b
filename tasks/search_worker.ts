/**
 * A worker of `deno task search --final`: trains one configuration on one thread, leaves the run in the store
 * and ends. It goes on where an earlier one was cut off. When its stdin ends, it ends too.
 */
import { datasetFromEnvironment } from "../lib/data/choose_dataset.ts";
import { loadPixels } from "../lib/pixels/load_pixels.ts";
import type { RunConfiguration } from "../lib/runs/run_configuration.ts";
import { RunStore } from "../lib/runs/run_store.ts";

/** What a worker is told, as JSON in its only argument. */
export interface SearchJob {
  /** What to train. */
  readonly configuration: RunConfiguration;
  /** Folder of the store. */
  readonly store: string;
}

/** What is written about the training's progress: this and the number of images, one a line. */
export const mark = "lenet-search ";

async function train({ configuration, store }: SearchJob): Promise<void> {
  const dataset = await datasetFromEnvironment(), pixels = await loadPixels(dataset);
  const colour = configuration.teacher && await loadPixels(dataset, { colour: true });
  const data = { ...pixels, ...colour && { teacher: colour } };
  let told = -Infinity;
  await new RunStore(store).loadOrTrain(configuration, data, {
    onProgress(done) {
      if (performance.now() - told < 250) return;
      told = performance.now();
      console.log(`${mark}${done}`);
    },
  });
}

if (import.meta.main) {
  (async () => {
    for await (const _ of Deno.stdin.readable);
    Deno.exit(1); // whoever started this one is gone
  })();
  await train(JSON.parse(Deno.args[0]!));
  Deno.exit(0);
}
