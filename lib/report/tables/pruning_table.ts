import type { Dataset } from "../../data/dataset.ts";
import type { CurvePoint, PrunedModel } from "../../runs/prune_runs.ts";
import type { Rate } from "../../runs/timing.ts";
import { countParameters } from "../../model/architecture.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";

/** Each way to prune: accuracy, size, arithmetic and speed. */
export function pruningTable(
  dataset: Dataset,
  models: readonly PrunedModel[],
  rates: ReadonlyMap<string, Rate>,
): Table {
  const dense = rates.get("dense")?.median;
  return new Table({
    title: `Pruning, on ${dataLabel(dataset)}`,
    columns: [
      { key: "name", label: "network" },
      { key: "zeros", label: "weights zero, %", digits: 1 },
      { key: "parameters", label: "numbers left in the file", digits: 0 },
      { key: "multiplyAdds", label: "multiply-adds an image", digits: 0 },
      { key: "top1", label: "test top-1 (95 %)" },
      { key: "top5", label: "test top-5 (95 %)" },
      { key: "rate", label: "inference, images/s", digits: 0 },
      { key: "ratio", label: "to dense", digits: 2 },
    ],
    rows: models.map((model) => {
      const rate = rates.get(model.name)?.median;
      return {
        name: model.name,
        zeros: 100 * model.sparsity,
        parameters: countParameters(model.architecture),
        multiplyAdds: model.multiplyAdds,
        top1: model.top1,
        top5: model.top5,
        ...(rate && dense ? { rate, ratio: rate / dense } : {}),
      };
    }),
    notes: [
      "Inference: the hand-written system's kernels, one thread, batch 256, networks taking turns, " +
      "medians. A zero is multiplied like any other number, so only removing filters and units " +
      "makes inference faster.",
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

/** The curve's points as numbers. */
export function curveTable(dataset: Dataset, points: readonly CurvePoint[]): Table {
  return new Table({
    title: `Iterative magnitude pruning, on ${dataLabel(dataset)}`,
    columns: [
      { key: "scope", label: "smallest of" },
      { key: "sparsity", label: "weights zero, %", digits: 0 },
      { key: "top1", label: "test top-1 (95 %)" },
      { key: "top5", label: "test top-5 (95 %)" },
    ],
    rows: points.map(({ scope, sparsity, top1, top5 }) => ({
      scope: scope === "layer" ? "each layer" : "all layers",
      sparsity: 100 * sparsity,
      top1,
      top5,
    })),
  });
}
