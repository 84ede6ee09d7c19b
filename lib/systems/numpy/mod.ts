/**
 * By hand on typed arrays: layers with a `forward` and a `backward`, the network that goes through them, the
 * loss and the optimizers.
 *
 * ```ts
 * import { dense, softmaxCrossEntropy } from "@lenet/three-ways/numpy";
 *
 * const layer = dense("fc", 4, 3);
 * const logits = layer.forward(Float32Array.of(1, 2, 3, 4), 1);
 * console.log(softmaxCrossEntropy(logits, Int32Array.of(2), 1, 3).loss); // ln 3
 * ```
 * @module
 */
import { requireSize } from "../../model/check_architecture.ts";
import { newParameter } from "./array.ts";
import { Conv } from "./conv_layer.ts";
import { Dense } from "./dense_layer.ts";
import { MaxPool } from "./pool_layer.ts";

export { type FloatArray, newParameter, type Parameter, type Precision } from "./array.ts";
export { ActivationLayer } from "./activation_layer.ts";
export { Conv } from "./conv_layer.ts";
export { Dense } from "./dense_layer.ts";
export type { Window } from "./im2col.ts";
export type { NumpyLayer } from "./layer.ts";
export { Adam, type Optimizer, Sgd } from "./numpy_optimizer.ts";
export { MaxPool } from "./pool_layer.ts";
export { Network } from "./reference_network.ts";
export type { StepResult } from "../../model/training_step.ts";
export { softmaxCrossEntropy } from "./softmax_cross_entropy.ts";

/**
 * A convolution in float32, stride 1, no padding, its weights zeros.
 * @param input (channels, height, width) of an image
 * @throws RangeError naming what is no size, or a kernel that does not fit into the image
 */
export function conv(
  name: string,
  input: readonly [channels: number, height: number, width: number],
  filters: number,
  kernel: number,
): Conv {
  const [channels, height, width] = input;
  for (const [what, size] of Object.entries({ channels, height, width, filters, kernel })) {
    requireSize(name, what, size);
  }
  if (kernel > height || kernel > width) {
    throw new RangeError(
      `${name}: a kernel of ${kernel}×${kernel} does not fit into an image of ${height}×${width}`,
    );
  }
  const weight = newParameter(`${name}.weight`, [filters, channels, kernel, kernel]);
  const bias = newParameter(`${name}.bias`, [filters]);
  return new Conv("float32", weight, bias, { channels, height, width, kernel });
}

/**
 * Max-pooling in float32 over squares that do not overlap.
 * @param input (channels, height, width) of an image
 * @throws RangeError if the squares do not fill the image
 */
export function maxPool(
  input: readonly [channels: number, height: number, width: number],
  size: number,
): MaxPool {
  return new MaxPool("float32", input, size);
}

/** A fully connected layer in float32, its weights zeros. @throws RangeError naming what is no size */
export function dense(name: string, inputs: number, units: number): Dense {
  for (const [what, size] of Object.entries({ inputs, units })) requireSize(name, what, size);
  const weight = newParameter(`${name}.weight`, [units, inputs]);
  return new Dense("float32", weight, newParameter(`${name}.bias`, [units]));
}
