import type { Dataset } from "../../data/dataset.ts";
import type { PrunedModel } from "../../runs/prune_runs.ts";
import type { CurvePoint } from "../../runs/pruning_curve.ts";
import { pairedRatio } from "../../metrics/paired_ratio.ts";
import type { Rate } from "../../runs/timing.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";
import { pairedCells } from "./paired_cells.ts";

/** Each way to prune: accuracy, zeros and arithmetic, beside the dense network trained as long. */
export function pruningTable(dataset: Dataset, models: readonly PrunedModel[]): Table {
  const tests = models.filter(({ comparison }) => comparison).length;
  return new Table({
    title: `Pruning, on ${dataLabel(dataset)}`,
    columns: [
      { key: "name", label: "network" },
      { key: "zeros", label: "zero, %", digits: 1 },
      { key: "multiplyAdds", label: "multiply-adds", digits: 0 },
      { key: "top1", label: "test top-1 (95 %)" },
      { key: "top5", label: "test top-5 (95 %)" },
      { key: "paired", label: "only dense, only this right", align: "right" },
      { key: "p", label: "p (Holm)", digits: 3 },
    ],
    rows: models.map((model) => ({
      name: model.name,
      zeros: 100 * model.sparsity,
      multiplyAdds: model.multiplyAdds,
      top1: model.top1,
      top5: model.top5,
      ...(model.comparison ? pairedCells(model.comparison.paired) : {}),
    })),
    notes: [
      "A network that was trained further is compared with the dense network trained further for as long, any " +
      "other with the dense network as it was. p: McNemar's exact test, by Holm's correction for " +
      `${tests} tests.`,
    ],
  });
}

/** Inference of each way to prune. */
export function pruningSpeedTable(rates: ReadonlyMap<string, Rate>, batchSize: number): Table {
  const dense = rates.get("dense");
  return new Table({
    title: "Pruning: images a second of inference",
    columns: [
      { key: "name", label: "network" },
      { key: "rate", label: "images/s (quartiles)", digits: 0, align: "right" },
      { key: "ratio", label: "× dense (95 %)", digits: 2, align: "right" },
    ],
    rows: [...rates].map(([name, rate]) => ({
      name,
      rate: { value: rate.median, interval: rate.quartiles },
      ...(dense && rate !== dense ? { ratio: pairedRatio(rate.turns, dense.turns) } : {}),
    })),
    notes: [
      `The hand-written system's kernels, one thread, batches of ${batchSize}, networks taking ` +
      "turns, medians; the ratios are geometric means of those of each turn, with Student's interval. A zero " +
      "is multiplied like any other number.",
    ],
  });
}

/** What zeros save on disk. PyTorch's masks need space beside the weights. */
export function storageTable(models: readonly PrunedModel[]): Table {
  const kilobytes = (bytes: number) => bytes / 1000;
  return new Table({
    title: "Bytes on disk, kB",
    columns: [
      { key: "name", label: "network" },
      { key: "dense", label: "dense", digits: 1 },
      { key: "denseGzip", label: "gzip", digits: 1 },
      { key: "masked", label: "weight_orig + weight_mask", digits: 1 },
      { key: "maskedGzip", label: "gzip", digits: 1 },
      { key: "packed", label: "bit mask + values", digits: 1 },
      { key: "packedGzip", label: "gzip", digits: 1 },
    ],
    rows: models.map(({ name, sizes, masks }) => ({
      name,
      dense: kilobytes(sizes.dense),
      denseGzip: kilobytes(sizes.denseGzip),
      ...(masks
        ? { masked: kilobytes(sizes.masked), maskedGzip: kilobytes(sizes.maskedGzip) }
        : {}),
      packed: kilobytes(sizes.packed),
      packedGzip: kilobytes(sizes.packedGzip),
    })),
    notes: ["Masks are stored as PyTorch stores them, a float32 a weight."],
  });
}

/** What the curves of accuracy against sparsity are called. */
export const scopeTitles: Readonly<Record<CurvePoint["scope"], string>> = {
  control: "nothing (dense, trained as long)",
  layer: "each layer",
  global: "all layers",
};

/** The curve's points as numbers, beside the control that trained for as long. */
export function curveTable(dataset: Dataset, points: readonly CurvePoint[]): Table {
  const tests = points.filter(isTested).length;
  return new Table({
    title: `Iterative magnitude pruning, on ${dataLabel(dataset)}`,
    columns: [
      { key: "scope", label: "smallest of" },
      { key: "sparsity", label: "zero, %", digits: 0 },
      { key: "more", label: "more epochs", digits: 0 },
      { key: "top1", label: "test top-1 (95 %)" },
      { key: "top5", label: "test top-5 (95 %)" },
      { key: "paired", label: "only control, only this right", align: "right" },
      { key: "p", label: "p (Holm)", digits: 3 },
    ],
    rows: points.map((point) => ({
      scope: scopeTitles[point.scope],
      ...(point.scope === "control" ? {} : { sparsity: 100 * point.sparsity }),
      more: point.moreEpochs,
      top1: point.top1,
      top5: point.top5,
      ...(isTested(point) ? pairedCells(point.paired) : {}),
    })),
    notes: [
      `p: McNemar's exact test against the control, by Holm's correction for ${tests} tests.`,
    ],
  });
}

/** Whether a point is compared with the control: something has been pruned. */
export function isTested(
  point: CurvePoint,
): point is CurvePoint & { readonly paired: NonNullable<CurvePoint["paired"]> } {
  return point.paired !== undefined && point.sparsity > 0;
}
