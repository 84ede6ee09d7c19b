import { Rng } from "../util/rng.ts";
import { type Architecture, parameterShapes } from "./architecture.ts";
import type { WeightArray, Weights } from "./weights.ts";
import { elementCount } from "../util/element_count.ts";

/**
 * How the starting weights are drawn: all of them uniformly between −bound and bound. For a unit with n_in
 * inputs and n_out outputs the bounds are:
 * - `lecun`: √(3 / n_in) for weights, which keeps inputs of unit variance at unit variance (LeCun et al.
 *   1998, "Efficient BackProp"), and 0 for biases.
 * - `pytorch`: 1 / √n_in for weights and biases, as `nn.Conv2d` and `nn.Linear` have it by default.
 * - `keras`: √(6 / (n_in + n_out)) for weights (Glorot & Bengio 2010), and 0 for biases.
 */
export type Initialisation = "lecun" | "pytorch" | "keras";

/**
 * Bounds of the uniform distribution for a weight and a bias.
 * @throws RangeError if there is no scheme of that name
 */
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
    default:
      scheme satisfies never;
      throw new RangeError(
        `there is no initialisation named ${scheme}; there are lecun, pytorch and keras`,
      );
  }
}

/**
 * The starting weights of a network. Batch normalisations start at scale 1, shift 0, mean 0 and variance 1,
 * in all schemes. The random numbers of an array depend on its name and the seed.
 */
export function initialWeights(
  architecture: Architecture,
  scheme: Initialisation,
  seed: number,
): Weights {
  const root = new Rng(seed);
  const weights: Record<string, WeightArray> = {};
  for (const { name, shape, fanIn, fanOut, startsAt } of parameterShapes(architecture)) {
    if (startsAt !== undefined) {
      weights[name] = { shape, data: new Float32Array(elementCount(shape)).fill(startsAt) };
      continue;
    }
    const bounds = initialBounds(scheme, fanIn, fanOut);
    const bound = name.endsWith(".bias") ? bounds.bias : bounds.weight;
    const rng = root.fork(name);
    const length = elementCount(shape);
    const data = Float32Array.from({ length }, () => rng.uniform(-bound, bound));
    weights[name] = { shape, data };
  }
  return weights;
}
