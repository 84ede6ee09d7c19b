/**
 * `deno task tables [--data FOLDER]`: tables and figures of what `deno task sweep` has left in the results: of
 * the list `paper` the ladders and the matrix of faults, of the list `outlook` other images and other layers.
 * Notebook 7 makes the same tables for the images that it has; its figure of the ladders has the layers too.
 */
import { join } from "node:path";
import type { Dataset } from "../lib/data/dataset.ts";
import { readOutlook } from "../lib/diagnosis/measure_outlook.ts";
import { readPaperSweep } from "../lib/diagnosis/paper_sweep.ts";
import { faultMatrixFigure } from "../lib/report/figures/fault_matrix_figure.ts";
import { ladderFigure } from "../lib/report/figures/ladder_figure.ts";
import { progress } from "../lib/report/progress_bar.ts";
import { sweepNote } from "../lib/report/sweep_note.ts";
import { ablationTable } from "../lib/report/tables/ablation_table.ts";
import { dataLabel } from "../lib/report/tables/dataset_table.ts";
import { faultMatrixTable } from "../lib/report/tables/fault_matrix_table.ts";
import { outlookTable } from "../lib/report/tables/outlook_table.ts";
import { committedResults, openExperiment } from "../lib/runs/experiment.ts";
import { exists, projectRoot } from "../lib/util/files.ts";
import { dataChoice, readArguments, requireData } from "./arguments.ts";
import { main, SetupError } from "./run.ts";

/** The folder with the sweeps that are read: the data set's own, or that of a committed one of its name. */
async function sweptResults(dataset: Dataset): Promise<string> {
  const own = committedResults(dataset), named = join(projectRoot, "results", dataset.name);
  const lists = ["paper", "outlook"].map((list) => join(own, `sweep_${list}.json`));
  const isThere = await Promise.all(lists.map((path) => exists(path)));
  return isThere.includes(true) || !await exists(named) ? own : named;
}

async function tables(): Promise<void> {
  const { data } = readArguments("tables", Deno.args, { data: "string" }, "--data FOLDER");
  const dataFolder = dataChoice(data);
  await requireData(dataFolder);
  const experiment = await openExperiment(progress, dataFolder ? { dataFolder } : {});
  const { dataset } = experiment;
  const results = await sweptResults(dataset);
  const sweep = await readPaperSweep(experiment), outlook = await readOutlook(experiment);
  if (!sweep && !outlook) {
    throw new SetupError(
      `${results} has no sweep of these images; make one with: deno task sweep --list paper` +
        (data ? ` --data ${data}` : ""),
    );
  }
  const save = async (
    name: string,
    thing: { save(base: string): Promise<void> },
  ): Promise<void> => {
    await thing.save(join(results, name));
    console.log(`Written: ${join(results, name)}`);
  };
  if (sweep) {
    const { ladders: { numpy, torch, keras, text }, matrix } = sweep;
    const about = { classes: dataset.classes.length, data: dataLabel(dataset) };
    const note = [`The scores: ${sweepNote(sweep)}`];
    await save("ladders_swept", ladderFigure([numpy, torch, keras, text], about));
    const named = { numpy, torch, keras, written: text };
    for (const [name, ladder] of Object.entries(named)) {
      await save(`ladder_${name}`, ablationTable(dataset, ladder, note));
    }
    await save("fault_matrix", faultMatrixFigure(matrix, about));
    for (const run of ["numpy", "torch", "keras"] as const) {
      await save(`fault_matrix_${run}`, faultMatrixTable(dataset, matrix, run));
    }
  }
  if (outlook) await save("outlook", outlookTable(dataset, outlook));
}

if (import.meta.main) await main(tables);
