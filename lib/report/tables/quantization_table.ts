import type { Dataset } from "../../data/dataset.ts";
import type { QuantizedResult, RoundingError } from "../../runs/quantize_runs.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";

/** Accuracy, agreement with float32 and bytes of each network. */
export function quantizationTable(
  dataset: Dataset,
  results: readonly QuantizedResult[],
): Table {
  const dense = results[0]!;
  return new Table({
    title: `Quantization, on ${dataLabel(dataset)}`,
    columns: [
      { key: "name", label: "network" },
      { key: "top1", label: "test top-1 (95 %)" },
      { key: "top5", label: "test top-5 (95 %)" },
      { key: "agreement", label: "same class as float32, %", digits: 1 },
      { key: "paired", label: "right where the other is wrong: float32, this", align: "right" },
      { key: "p", label: "p (McNemar)", digits: 3 },
      { key: "bytes", label: "file, kB", digits: 1 },
      { key: "share", label: "of float32", digits: 3 },
      { key: "gzip", label: "gzip, kB", digits: 1 },
    ],
    rows: results.map(({ name, top1, top5, agreement, paired, bytes, gzip }, i) => ({
      name,
      top1,
      top5,
      ...(i > 0
        ? {
          agreement: 100 * agreement,
          paired: `${paired.onlyFirst}, ${paired.onlySecond}`,
          p: paired.p,
        }
        : {}),
      bytes: bytes / 1000,
      share: bytes / dense.bytes,
      gzip: gzip / 1000,
    })),
    notes: [
      "int8: images as bytes, 8-bit weights and activations, 32-bit accumulators, computed in whole " +
      "numbers. p: how likely so unequal a split would be if both networks were equally good. A network " +
      "that was trained on differs from float32 by more than rounding.",
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
