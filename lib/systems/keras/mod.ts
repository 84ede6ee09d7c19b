/**
 * Keras's way on TensorFlow.js: a stack of layers, `compile` and `fit`.
 *
 * ```ts
 * import { layers, sequential } from "@lenet/three-ways/keras";
 *
 * const model = sequential([
 *   layers.flatten({ inputShape: [32, 32, 1] }),
 *   layers.dense({ units: 3 }),
 *   layers.softmax(),
 * ]);
 * console.log(model.countParams());
 * ```
 * @module
 */
import "../../backend/default_backend.ts";
import { type Sequential, sequential as stack } from "../../backend/tf.ts";

export { layers, type Sequential, tensor4d } from "../../backend/tf.ts";
export { KerasAdam as Adam } from "./adam.ts";
export { type KerasOptions, KerasSystem } from "./keras_system.ts";

/** One of `layers`. */
export type Layer = Sequential["layers"][number];

/** Keras's `Sequential`: layers one after the other. */
export function sequential(layers: Layer[]): Sequential {
  return stack({ layers });
}
