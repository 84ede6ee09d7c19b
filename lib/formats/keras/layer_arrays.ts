import { type Architecture, parameterShapes } from "../../model/architecture.ts";
import type { WeightArray, Weights } from "../../model/weights.ts";
import { fromKeras, kerasOrder, kerasShapes, toKeras } from "../../systems/keras/keras_weights.ts";

/** The arrays of one layer in Keras's order and layout. */
export interface LayerArrays {
  readonly layer: string;
  /** Kernel and bias; of a batch normalisation gamma, beta, moving mean and moving variance. */
  readonly arrays: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/** Which arrays Keras keeps for each layer with weights, in the order of the layers. */
export function layerArrays(architecture: Architecture): LayerArrays[] {
  const shapes = kerasShapes(architecture);
  const layers = new Map<string, { name: string; shape: readonly number[] }[]>();
  for (const { name } of parameterShapes(architecture)) {
    const layer = name.slice(0, name.lastIndexOf("."));
    const arrays = layers.get(layer) ?? [];
    layers.set(layer, [...arrays, { name, shape: shapes.get(name)! }]);
  }
  return [...layers].map(([layer, arrays]) => ({ layer, arrays }));
}

/** Weights in Keras's layout, by this project's names. */
export function kerasArrays(
  architecture: Architecture,
  weights: Weights,
): Readonly<Record<string, WeightArray>> {
  const arrays = toKeras(architecture, weights);
  return Object.fromEntries(kerasOrder(architecture).map((name, i) => [name, arrays[i]!]));
}

/** The way back. */
export function fromKerasArrays(
  architecture: Architecture,
  arrays: Readonly<Record<string, WeightArray>>,
): Weights {
  return fromKeras(architecture, kerasOrder(architecture).map((name) => arrays[name]!));
}
