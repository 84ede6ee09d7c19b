import type { Dataset } from "../../data/dataset.ts";
import type { CompressionRow } from "../../runs/compression_timing.ts";
import { paper } from "../paper.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";

/** Seconds that the paper gives, in the order of `paperRows`. */
const { torch, pruning, quantization, both } = paper.table3;
const paperSeconds = [torch, pruning, quantization, both];

/** Table III, complete: the paper's four systems as it made them, then networks that are smaller. */
export function table3(
  dataset: Dataset,
  asInPaper: readonly CompressionRow[],
  compressed: readonly CompressionRow[],
): Table {
  const images = dataset.splits.train.length;
  const row = (result: CompressionRow, i: number, all: readonly CompressionRow[]) => ({
    name: result.name,
    ...(all === asInPaper ? { paper: paperSeconds[i] } : {}),
    ...(result.epochSeconds === undefined ? {} : {
      epoch: result.epochSeconds,
      workload: result.epochSeconds * paper.images.train / images,
    }),
    rate256: result.rate256,
    times: result.rate256 / all[0]!.rate256,
    rate1: result.rate1,
    file: result.fileBytes / 1000,
    memory: result.memoryBytes / 1000,
    top1: result.top1,
    top5: result.top5,
    ...(result.paired
      ? {
        paired: `${result.paired.onlyFirst}, ${result.paired.onlySecond}`,
        p: result.paired.p,
      }
      : {}),
  });
  return new Table({
    title: `Table III, complete, on ${dataLabel(dataset)}`,
    columns: [
      { key: "name", label: "network" },
      { key: "paper", label: "paper, s", digits: 0 },
      { key: "epoch", label: "an epoch here, s", digits: 2 },
      {
        key: "workload",
        label: `${paper.images.train.toLocaleString("en")} images at this rate, s`,
        digits: 1,
      },
      { key: "rate256", label: "inference, images/s, batch 256", digits: 0 },
      { key: "times", label: "× dense", digits: 2 },
      { key: "rate1", label: "batch 1", digits: 0 },
      { key: "file", label: "file, kB", digits: 1 },
      { key: "memory", label: "weights in memory, kB", digits: 1 },
      { key: "top1", label: "test top-1 (95 %)" },
      { key: "top5", label: "test top-5 (95 %)" },
      { key: "paired", label: "right where the other is wrong: dense, this", align: "right" },
      { key: "p", label: "p (McNemar)", digits: 3 },
    ],
    rows: [...asInPaper.map(row), ...compressed.map(row)],
    notes: [
      "As in the paper: on the PyTorch-style system, each after one more epoch from the trained " +
      `weights; ${navigator.hardwareConcurrency} threads. Below: the hand-written system, one thread.`,
      "The paper timed one epoch of training, with decoding, on another machine.",
    ],
  });
}
