/** Trainings side by side end up in the store, and one that fails is named. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { assertRejects } from "../assert.ts";
import { withFiles } from "../data/files.ts";
import { openDataset } from "../../lib/data/open_dataset.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { loadPixels } from "../../lib/pixels/load_pixels.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { RunStore } from "../../lib/runs/run_store.ts";
import { projectRoot } from "../../lib/util/files.ts";
import { trainSideBySide } from "../../tasks/search_workers.ts";
import { noiseFiles } from "../data/noise_files.ts";

const configurationOf = (seed: number, classes: number) =>
  runConfiguration({ system: "numpy", architecture: lenet5(classes), epochs: 2, seed });

Deno.test("three trainings on two workers are in the store, and one that fails is named", () =>
  withFiles(noiseFiles, async (folder) => {
    const data = await loadPixels(await openDataset(folder, { onNotice: () => {} }));
    // workers may write in the project only
    const store = await Deno.makeTempDir({ dir: join(projectRoot, "results") });
    const told: number[] = [];
    const options = {
      ...{
        workers: 2,
        turbo: false,
        store,
        images: data.train.length,
        env: { LENET_DATA: folder },
      },
      onProgress: (done: number, total: number) => void told.push(done / total),
    };
    try {
      const configurations = [1, 2, 3].map((seed) => configurationOf(seed, 3));
      await trainSideBySide(configurations, options);
      for (const configuration of configurations) {
        const run = await new RunStore(store).load(configuration, data);
        assert.deepEqual(run!.configuration, configuration);
      }
      assert.equal(told.at(-1), 1);
      const failing = () => trainSideBySide([configurationOf(7, 2)], options);
      await assertRejects(failing, Error, "the training with seed 7 ended with status 1");
    } finally {
      await Deno.remove(store, { recursive: true });
    }
  }));
