import type { Dataset } from "../../data/dataset.ts";
import type { QuantizedResult } from "../../runs/quantized_results.ts";
import type { RoundingError } from "../../runs/rounding_errors.ts";
import type { MeasuredCosts } from "../../runs/saved_by_compression.ts";
import { pairedRatio } from "../../metrics/paired_ratio.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";
import { pairedCells } from "./paired_cells.ts";
import { spread } from "./table_3.ts";

/** Accuracy and bytes of each network. */
export function quantizationTable(
  dataset: Dataset,
  results: readonly QuantizedResult[],
): Table {
  const dense = results[0]!;
  return new Table({
    title: `Quantization, on ${dataLabel(dataset)}`,
    columns: [
      { key: "name", label: "network" },
      { key: "more", label: "more epochs", digits: 0 },
      { key: "top1", label: "test top-1 (95 %)" },
      { key: "top5", label: "test top-5 (95 %)" },
      { key: "agreement", label: "same class as control, %", digits: 1 },
      { key: "bytes", label: "file, kB", digits: 1 },
      { key: "share", label: "of float32", digits: 3 },
      { key: "gzip", label: "gzip, kB", digits: 1 },
    ],
    rows: results.map(({ name, moreEpochs, top1, top5, comparison, bytes, gzip }) => ({
      name,
      more: moreEpochs,
      top1,
      top5,
      bytes: bytes / 1000,
      ...comparison && { agreement: 100 * comparison.agreement },
      share: bytes / dense.bytes,
      gzip: gzip / 1000,
    })),
    notes: [
      "int8: images as bytes, 8-bit weights and activations, 32-bit accumulators, computed in whole " +
      "numbers. All by the hand-written system, from one trained run.",
    ],
  });
}

/** Each network beside the dense float32 network that was trained for as long. */
export function comparisonTable(dataset: Dataset, results: readonly QuantizedResult[]): Table {
  const compared = results.filter(({ comparison }) => comparison);
  return new Table({
    title: `Each network beside its control, on ${dataLabel(dataset)}`,
    columns: [
      { key: "name", label: "network" },
      { key: "control", label: "control" },
      { key: "paired", label: "only control, only this right", align: "right" },
      { key: "p", label: "p (Holm)", digits: 3 },
    ],
    rows: compared.map(({ name, comparison }) => ({
      name,
      control: comparison!.control,
      ...pairedCells(comparison!.paired),
    })),
    notes: [
      "The control is dense, computes in float32 and was trained for as long in the same way. p: how " +
      "likely so unequal a split would be if both were equally good (McNemar's exact test), by Holm's " +
      `correction for ${compared.length} tests.`,
    ],
  });
}

/** Latency, throughput and memory of the same networks, as measured. */
export function costsTable(costs: MeasuredCosts): Table {
  const [dense] = costs.networks;
  const milliseconds = (rate: number) => 1000 / rate;
  return new Table({
    title: "Latency, throughput and memory, one thread",
    columns: [
      { key: "name", label: "network" },
      { key: "latency", label: "one image, ms (quartiles)", digits: 3, align: "right" },
      { key: "latencyTimes", label: "× float32's time (95 %)", digits: 2, align: "right" },
      { key: "throughput", label: `images/s, batches of ${costs.batchSize}`, digits: 0 },
      {
        key: "throughputTimes",
        label: "× float32's rate (95 %)",
        digits: 2,
        align: "right",
      },
      { key: "resident", label: "resident, MB (lowest–highest)", digits: 1, align: "right" },
    ],
    rows: [
      ...costs.networks.map(({ name, single, batch, residentBytes }) => ({
        name,
        latency: {
          value: milliseconds(single.median),
          interval: [
            milliseconds(single.quartiles[1]),
            milliseconds(single.quartiles[0]),
          ] as const,
        },
        throughput: batch.median,
        ...(name === dense!.name ? {} : {
          latencyTimes: pairedRatio(dense!.single.turns, single.turns),
          throughputTimes: pairedRatio(batch.turns, dense!.batch.turns),
        }),
        resident: spread(residentBytes, 1e6),
      })),
      { name: "a process with no network", resident: spread(costs.emptyProcess, 1e6) },
    ],
    notes: [
      "Networks take turns; medians; the ratios are geometric means of those of each turn, with Student's " +
      "interval. Resident: what a fresh process holds that loads the network from " +
      "its file and answers batches and single images, the runtime included; median.",
    ],
  });
}

/** How far rounding to int8 moves the weights of each layer, per tensor and per channel. */
export function roundingTable(errors: readonly RoundingError[]): Table {
  return new Table({
    title: "Rounding error of the weights, % of their size (root mean square)",
    columns: [
      { key: "name", label: "weights" },
      { key: "tensor", label: "per tensor", digits: 2 },
      { key: "channel", label: "per channel", digits: 2 },
    ],
    rows: errors.map(({ name, tensor, channel }) => ({
      name,
      tensor: 100 * tensor,
      channel: 100 * channel,
    })),
  });
}
