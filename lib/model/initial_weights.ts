import { Rng } from "../util/rng.ts";
import { type Architecture, parameterShapes } from "./architecture.ts";
import type { WeightArray, Weights } from "./weights.ts";
import { elementCount } from "../util/element_count.ts";

/**
 * How weights start out. All are uniform in ±bound, with n_in inputs and n_out outputs of a unit:
 * - `lecun`: weights √(3 / n_in), so that unit variance stays unit variance (LeCun et al. 1998,
 *   "Efficient BackProp"); biases 0.
 * - `pytorch`: weights and biases 1 / √n_in, what `nn.Conv2d` and `nn.Linear` do by default.
 * - `keras`: weights √(6 / (n_in + n_out)) (Glorot & Bengio 2010); biases 0.
 */
export type Initialisation = "lecun" | "pytorch" | "keras";

/** Bounds of the uniform distribution for a weight and a bias. */
export function initialBounds(
  scheme: Initialisation,
  fanIn: number,
  fanOut: number,
): { readonly weight: number; readonly bias: number } {
  switch (scheme) {
    case "lecun":
      return { weight: Math.sqrt(3 / fanIn), bias: 0 };
    case "pytorch":
      return { weight: 1 / Math.sqrt(fanIn), bias: 1 / Math.sqrt(fanIn) };
    case "keras":
      return { weight: Math.sqrt(6 / (fanIn + fanOut)), bias: 0 };
  }
}

/** Starting weights of a network; every array has a random stream of its own. */
export function initialWeights(
  architecture: Architecture,
  scheme: Initialisation,
  seed: number,
): Weights {
  const root = new Rng(seed);
  const weights: Record<string, WeightArray> = {};
  for (const { name, shape, fanIn, fanOut } of parameterShapes(architecture)) {
    const bounds = initialBounds(scheme, fanIn, fanOut);
    const bound = name.endsWith(".bias") ? bounds.bias : bounds.weight;
    const rng = root.fork(name);
    const length = elementCount(shape);
    const data = Float32Array.from({ length }, () => rng.uniform(-bound, bound));
    weights[name] = { shape, data };
  }
  return weights;
}
