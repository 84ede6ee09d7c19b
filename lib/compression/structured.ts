import { type Architecture, type Layer, requirePlainLayers, trace } from "../model/architecture.ts";
import { checkWeights, type WeightArray, weightArray, type Weights } from "../model/weights.ts";
import { amountsByLayer, type PruningAmounts } from "./pruning_amounts.ts";

/** A network with fewer filters and units in its layers, and the weights that it keeps. */
export interface SmallerNetwork {
  /** The network with fewer filters and units. */
  readonly architecture: Architecture;
  /** The weights of what stayed. */
  readonly weights: Weights;
  /** Indices of the filters or units that each layer keeps, ascending. */
  readonly kept: Readonly<Record<string, readonly number[]>>;
}

/**
 * Structured pruning: removes whole filters and units, those whose incoming weights have the smallest
 * Euclidean norm (Li et al. 2017, "Pruning filters for efficient ConvNets"). The result is an ordinary
 * network that is smaller. The last layer keeps all its units, because they are the classes, and every
 * layer keeps at least one.
 * @throws RangeError naming a layer of a kind that LeNet-5 has none of
 */
export function pruneStructured(
  architecture: Architecture,
  weights: Weights,
  amounts: PruningAmounts,
): SmallerNetwork {
  requirePlainLayers("structured pruning", architecture);
  checkWeights(architecture, weights);
  const byLayer = amountsByLayer(architecture, amounts);
  const traced = trace(architecture);
  const lastName = Object.keys(byLayer).at(-1);
  const layers: Layer[] = [];
  const smaller: Record<string, WeightArray> = {};
  const kept: Record<string, readonly number[]> = {};
  // the inputs that the current layer keeps; each of them meets `area` of a unit's weights
  let inputs = range(architecture.input.channels);
  let area = 1;
  for (const { layer, input } of traced) {
    if (layer.kind === "flatten") {
      const [, height = 1, width = 1] = input;
      area = height * width;
      layers.push(layer);
      continue;
    }
    if (layer.kind !== "conv" && layer.kind !== "dense") {
      layers.push(layer);
      continue;
    }
    if (layer.kind === "conv") area = layer.kernel ** 2;
    const { shape, data } = weightArray(weights, `${layer.name}.weight`);
    const bias = weightArray(weights, `${layer.name}.bias`).data;
    const units = bias.length, perUnit = data.length / units;
    const amount = layer.name === lastName ? 0 : byLayer[layer.name]!;
    const keep = strongest(data, units, units - Math.min(units - 1, Math.round(amount * units)));
    const rows = keep.map((unit) =>
      inputs.flatMap((i) => [
        ...data.subarray(unit * perUnit + i * area, unit * perUnit + (i + 1) * area),
      ])
    );
    const tail = layer.kind === "conv" ? shape.slice(2) : [];
    const columns = layer.kind === "conv" ? inputs.length : inputs.length * area;
    smaller[`${layer.name}.weight`] = {
      shape: [keep.length, columns, ...tail],
      data: Float32Array.from(rows.flat()),
    };
    smaller[`${layer.name}.bias`] = {
      shape: [keep.length],
      data: Float32Array.from(keep, (unit) => bias[unit]!),
    };
    kept[layer.name] = keep;
    layers.push(
      layer.kind === "conv" ? { ...layer, filters: keep.length } : { ...layer, units: keep.length },
    );
    inputs = keep;
    area = 1;
  }
  const result = { ...architecture, name: `${architecture.name}, pruned`, layers };
  checkWeights(result, smaller);
  return { architecture: result, weights: smaller, kept };
}

/**
 * Indices of the `count` rows with the largest norm, ascending. Where two rows have equal norms, the
 * first of them is kept.
 */
function strongest(data: Float32Array, rows: number, count: number): number[] {
  const perRow = data.length / rows;
  const norms = range(rows).map((row) =>
    data.subarray(row * perRow, (row + 1) * perRow).reduce((sum, x) => sum + x * x, 0)
  );
  return range(rows).sort((a, b) => norms[b]! - norms[a]! || a - b).slice(0, count)
    .sort((a, b) => a - b);
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
