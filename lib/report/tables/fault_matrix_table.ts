import type { Dataset } from "../../data/dataset.ts";
import { rowName } from "../../diagnosis/fault_matrix.ts";
import type { MeasuredMatrix } from "../../diagnosis/measure_matrix.ts";
import { type PaperRunName, paperRuns } from "../../diagnosis/paper_faults.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";
import { constantNote, scoreCell } from "./score_cell.ts";
import { seedNote } from "./seed_note.ts";
import { verdictCell, verdictNote } from "./verdict_cell.ts";

/**
 * Each fault alone in the correct run, and each repair alone in the published one, for one of the
 * paper's runs.
 * @throws RangeError if the matrix has no row of that run
 */
export function faultMatrixTable(
  dataset: Dataset,
  { rows, family }: MeasuredMatrix,
  run: PaperRunName,
): Table {
  const own = rows.filter((row) => row.run === run);
  const [first] = own;
  if (!first) throw new RangeError(`the matrix has no row of ${run}`);
  const { architecture } = first.summary.configuration;
  return new Table({
    title: `${paperRuns(architecture)[run].title}, faults one by one, on ${dataLabel(dataset)}`,
    columns: [
      { key: "what", label: "run" },
      { key: "loss", label: "training loss", digits: 2 },
      { key: "top1", label: "test top-1 (95 %)" },
      { key: "top5", label: "test top-5 (95 %)" },
      { key: "predicted", label: "classes" },
      { key: "constant", label: "seeds with one class" },
      { key: "alive", label: "above constant (p)" },
    ],
    rows: own.map((row) => ({
      what: rowName(row),
      loss: row.summary.loss,
      top1: scoreCell(row.summary.test.top1, row.summary.networks),
      top5: scoreCell(row.summary.test.top5, row.summary.networks),
      predicted: row.summary.predicted,
      constant: row.verdict.constantSeeds,
      alive: verdictCell(row.verdict),
    })),
    notes: [
      `${seedNote(first.summary)} Classes: how many different ones are predicted.`,
      constantNote,
      verdictNote(family),
      ...batchesNote(run, first.summary.configuration.architecture, dataset),
    ],
  });
}

/** How many steps an epoch of the paper's NumPy code has here. */
function batchesNote(
  run: PaperRunName,
  architecture: Parameters<typeof paperRuns>[0],
  dataset: Dataset,
): string[] {
  if (run !== "numpy") return [];
  const { faults } = paperRuns(architecture)[run];
  const size = faults.flatMap(({ settings }) => settings.batchSize ?? [])[0]!;
  const images = dataset.splits.train.length;
  return [
    `The paper's NumPy code took 200 batches of about ${size} images. Its batches have ${size} images ` +
    `here too, which makes ${Math.ceil(images / size)} batches an epoch. Where the wrong input ` +
    "gradient reaches a filter, tensor operations compute the gradients of the hand-written step.",
  ];
}
