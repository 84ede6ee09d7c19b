import { dequantize, quantizeWeights } from "../../compression/quantization/quantize.ts";
import type { Experiment } from "../../runs/experiment.ts";
import type { QuantizedResult } from "../../runs/quantize_runs.ts";
import type { Weights } from "../../model/weights.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";

/** Accuracy, agreement with float32 and bytes of each network. */
export function quantizationTable(
  experiment: Experiment,
  results: readonly QuantizedResult[],
): Table {
  const dense = results[0]!;
  return new Table({
    title: `Quantization, on ${dataLabel(experiment.dataset)}`,
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
      "numbers. p: how likely so unequal a split would be if both networks were equally good. What was " +
      "trained on in between differs from float32 by more than rounding.",
    ],
  });
}

/** How far rounding to int8 moves the weights of each layer, with one scale and with one a channel. */
export function roundingTable(weights: Weights): Table {
  const error = (name: string, granularity: "tensor" | "channel") => {
    const array = weights[name]!;
    const back = dequantize(quantizeWeights(array, granularity));
    const squares = (values: Float32Array) => values.reduce((sum, x) => sum + x * x, 0);
    return 100 * Math.sqrt(squares(array.data.map((x, i) => x - back[i]!)) / squares(array.data));
  };
  return new Table({
    title: "Rounding error of the weights, % of their size (root mean square)",
    columns: [
      { key: "name", label: "weights" },
      { key: "tensor", label: "a scale a tensor", digits: 2 },
      { key: "channel", label: "a scale a channel", digits: 2 },
    ],
    rows: Object.keys(weights).filter((name) => name.endsWith(".weight")).map((name) => ({
      name,
      tensor: error(name, "tensor"),
      channel: error(name, "channel"),
    })),
  });
}
