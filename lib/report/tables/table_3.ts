import type { Dataset } from "../../data/dataset.ts";
import type { Measured } from "../../runs/measured.ts";
import {
  type PaperRow,
  type PaperSource,
  type PaperVariant,
  paperVariants,
} from "../../runs/paper_compression_runs.ts";
import { systemTitles } from "../../systems/create_system.ts";
import { paper } from "../paper.ts";
import { type Interval, Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";
import { pairedCells } from "./paired_cells.ts";
import { answerCell, oneAnswerNote } from "./score_cell.ts";

/** Seconds that the paper gives for each of the four systems. */
export const paperSeconds: Readonly<Record<PaperVariant, number>> = {
  dense: paper.table3.torch,
  pruning: paper.table3.pruning,
  quantization: paper.table3.quantization,
  both: paper.table3.both,
};

/** What the two blocks of Table III are called. */
export const sourceTitles: Readonly<Record<PaperSource, string>> = {
  text: "as the text says",
  code: "as the code did",
};

/** What a system of Table III is called; all four are the paper's Torch system. */
export function variantTitle(variant: PaperVariant): string {
  const title = systemTitles.torch;
  return variant === "dense" ? title : `${title} + ${variant}`;
}

/** Median, with the lowest and the highest, in other units. */
export function spread({ median, low, high }: Measured, unit = 1): Interval {
  return { value: median / unit, interval: [low / unit, high / unit] };
}

/** Table III: seconds of an epoch, as the paper's text says and as its code did, beside the paper's. */
export function table3(dataset: Dataset, rows: readonly PaperRow[]): Table {
  const images = dataset.splits.train.length;
  const ofPaper = paper.images.train.toLocaleString("en");
  const epochs = rows[0]?.losses.length;
  return new Table({
    title: `Table III, seconds of one epoch of training, on ${dataLabel(dataset)}`,
    columns: [
      { key: "source", label: "made" },
      { key: "name", label: "system" },
      { key: "paper", label: "paper, s", digits: 0 },
      { key: "paperTimes", label: "× dense", digits: 2 },
      { key: "seconds", label: "here, s (lowest–highest)", digits: 2, align: "right" },
      { key: "times", label: "× dense (95 %)", digits: 2, align: "right" },
      { key: "workload", label: `${ofPaper} images, s`, digits: 1 },
    ],
    rows: rows.map((row) => ({
      source: sourceTitles[row.source],
      name: variantTitle(row.variant),
      paper: paperSeconds[row.variant],
      paperTimes: paperSeconds[row.variant] / paperSeconds.dense,
      seconds: spread(row.seconds),
      ...(row.slowdown && row.slowdown.count > 1 ? { times: row.slowdown } : {}),
      workload: row.seconds.median * paper.images.train / images,
    })),
    notes: [
      `${epochs} epochs of each system, in turns; medians, and geometric means of the ` +
      "paired ratios with Student's interval. Pixels are decoded before, in the paper within the " +
      `epoch. All rows are computed by the PyTorch-style system, on ` +
      `${navigator.hardwareConcurrency} threads.`,
      `The last column is the median at the paper's ${ofPaper} images.`,
    ],
  });
}

/** How often Table III's systems are right. */
export function table3Accuracy(dataset: Dataset, rows: readonly PaperRow[]): Table {
  const tests = rows.filter(({ paired }) => paired).length;
  const epochs = rows[0]?.losses.length ?? 0;
  return new Table({
    title: `Table III, how often the systems are right, on ${dataLabel(dataset)}`,
    columns: [
      { key: "source", label: "made" },
      { key: "name", label: "system" },
      { key: "top1", label: "test top-1 (95 %)" },
      { key: "top5", label: "test top-5 (95 %)" },
      { key: "predicted", label: "classes predicted", digits: 0 },
      { key: "paired", label: "only dense, only this right", align: "right" },
      { key: "p", label: "p (Holm)", digits: 3 },
    ],
    rows: rows.map((row) => ({
      source: sourceTitles[row.source],
      name: variantTitle(row.variant),
      top1: answerCell(row.top1, row.predicted),
      top5: answerCell(row.top5, row.predicted),
      predicted: row.predicted,
      ...(row.paired ? pairedCells(row.paired) : {}),
    })),
    notes: [
      `After ${epochs} epochs each, with a new optimizer in each epoch.`,
      "As the text says: from the trained Torch network, tanh, random weights pruned (convolutions " +
      "20 %, dense layers 40 %), numbers rounded to int8's and back. As the code did: from the start, " +
      "ReLU, smallest weights pruned (20 %, 60 %), layers fused, the loss's arguments swapped, raw " +
      "pixels, sorted by class, Adam at 1e-4.",
      oneAnswerNote,
      "p: McNemar's exact test against the dense system in the same block, by Holm's correction for " +
      `${tests} tests.`,
    ],
  });
}

/** Bytes on disk and losses of Table III's systems. */
export function table3Losses(dataset: Dataset, rows: readonly PaperRow[]): Table {
  const epochs = rows[0]?.losses.length ?? 0;
  return new Table({
    title: `Table III, loss and bytes on disk, on ${dataLabel(dataset)}`,
    columns: [
      { key: "source", label: "made" },
      { key: "name", label: "system" },
      { key: "first", label: "loss in the first epoch" },
      { key: "last", label: `in epoch ${epochs}` },
      { key: "file", label: "file, kB", digits: 1 },
    ],
    rows: rows.map((row) => ({
      source: sourceTitles[row.source],
      name: variantTitle(row.variant),
      first: row.losses[0],
      last: row.losses.at(-1),
      file: row.fileBytes / 1000,
    })),
    notes: ["The code's loss, its arguments swapped, has no lower bound."],
  });
}

/** Resident memory of Table III's systems. */
export function table3Memory(rows: readonly PaperRow[]): Table {
  return new Table({
    title: "Table III, resident memory of a process that runs the system, MB",
    columns: [
      { key: "name", label: "system" },
      { key: "text", label: `${sourceTitles.text} (lowest–highest)`, digits: 1 },
      { key: "code", label: `${sourceTitles.code} (lowest–highest)`, digits: 1 },
    ],
    rows: paperVariants.map((variant) => {
      const of = (source: PaperSource) =>
        rows.find((row) => row.source === source && row.variant === variant)?.residentBytes;
      const [text, code] = [of("text"), of("code")];
      return {
        name: variantTitle(variant),
        ...(text ? { text: spread(text, 1e6) } : {}),
        ...(code ? { code: spread(code, 1e6) } : {}),
      };
    }),
    notes: [
      "Fresh processes, in turns; each loads the system from a file and answers some images.",
    ],
  });
}
