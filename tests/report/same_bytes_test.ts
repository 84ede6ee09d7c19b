/** The same seed gives the same tables and figures, byte for byte; only the clock is not repeated. */
import assert from "node:assert/strict";
import type { Dataset } from "../../lib/data/dataset.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { accuracyTable } from "../../lib/report/tables/accuracy_table.ts";
import { confusionFigure } from "../../lib/report/figures/confusion_figure.ts";
import { lossFigure } from "../../lib/report/figures/figure_2_loss.ts";
import { table2 } from "../../lib/report/tables/table_2.ts";
import { trainRun } from "../../lib/runs/train_run.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { scoreRun } from "../../lib/runs/score_run.ts";
import { systemNames } from "../../lib/systems/create_system.ts";
import { runData } from "../runs/pixels.ts";

const data = runData();
const names = ["a", "b", "c", "d", "e"];
const splits = { train: data.train, val: data.val, test: data.test };
const dataset = { name: "made", root: "/made", classes: names, synthetic: true, splits };

/** Trains all systems from the start, and leaves tables and figures in a folder. */
async function pipeline(folder: string): Promise<void> {
  const scored = [];
  for (const system of systemNames) {
    const settings = { system, architecture: lenet5(5), epochs: 2, batchSize: 16 };
    scored.push(await scoreRun(await trainRun(runConfiguration(settings), data), data));
  }
  const about = { classes: 5, data: "made" };
  const made = dataset as unknown as Dataset;
  await accuracyTable(made, scored).save(`${folder}/accuracy`);
  await table2(made, scored).save(`${folder}/table_2`);
  const series = scored.map(({ run }) => ({
    name: run.configuration.system,
    system: run.configuration.system,
    history: run.history,
  }));
  await lossFigure(series, about).save(`${folder}/figure_2`);
  const { confusion } = scored[0]!.test;
  await confusionFigure(confusion, { names, title: "confusion", data: "made" })
    .save(`${folder}/confusion`);
}

Deno.test("a pipeline that is run again writes the same bytes", async () => {
  const folders = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  try {
    for (const folder of folders) await pipeline(folder);
    const files = [...Deno.readDirSync(folders[0]!)].map(({ name }) => name).sort();
    assert.deepEqual(files.length, 8);
    for (const file of files) {
      const [first, second] = folders.map((folder) => Deno.readFileSync(`${folder}/${file}`));
      assert.deepEqual(first, second, file);
    }
  } finally {
    for (const folder of folders) await Deno.remove(folder, { recursive: true });
  }
});
