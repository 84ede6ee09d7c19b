import { type Architecture, parameterShapes } from "../model/architecture.ts";
import type { WeightArray, Weights } from "../model/weights.ts";
import { Rng } from "../util/rng.ts";
import { elementCount } from "../util/element_count.ts";

/**
 * The start of the paper's NumPy code: filters and their biases from U(0, 1), dense weights and their
 * biases from U(−1, 1).
 */
export function saturatingWeights(architecture: Architecture, seed: number): Weights {
  const root = new Rng(seed);
  const weights: Record<string, WeightArray> = {};
  const convolutions = architecture.layers.flatMap((layer) =>
    layer.kind === "conv" ? [layer.name] : []
  );
  const isFilter = (name: string) => convolutions.includes(name.slice(0, name.lastIndexOf(".")));
  for (const { name, shape } of parameterShapes(architecture)) {
    const data = new Float32Array(elementCount(shape));
    const rng = root.fork(name);
    const low = isFilter(name) ? 0 : -1;
    data.forEach((_, i) => data[i] = rng.uniform(low, 1));
    weights[name] = { shape, data };
  }
  return weights;
}
