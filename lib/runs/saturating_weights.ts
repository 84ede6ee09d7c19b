import { type Architecture, parameterShapes } from "../model/architecture.ts";
import type { WeightArray, Weights } from "../model/weights.ts";
import { Rng } from "../util/rng.ts";
import { elementCount } from "../util/element_count.ts";

/**
 * The start of the paper's NumPy code: filters from U(0, 1), dense weights from U(−1, 1), biases 0.
 * On raw pixels such filters drive every unit to the flat end of its activation.
 */
export function saturatingWeights(architecture: Architecture, seed: number): Weights {
  const root = new Rng(seed);
  const weights: Record<string, WeightArray> = {};
  for (const { name, shape } of parameterShapes(architecture)) {
    const data = new Float32Array(elementCount(shape));
    const rng = root.fork(name);
    const low = shape.length === 4 ? 0 : -1;
    if (name.endsWith(".weight")) data.forEach((_, i) => data[i] = rng.uniform(low, 1));
    weights[name] = { shape, data };
  }
  return weights;
}
