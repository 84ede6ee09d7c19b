/**
 * PyTorch's way on TensorFlow.js: modules with a `forward`, a loss, an optimizer and a loop of one's own.
 *
 * ```ts
 * import { flatten, initialise, Linear, Module, type Tensor } from "@lenet/three-ways/torch";
 *
 * class Perceptron extends Module {
 *   fc = new Linear(1024, 3);
 *   override forward(x: Tensor): Tensor {
 *     return this.fc.forward(flatten(x));
 *   }
 * }
 * const model = new Perceptron();
 * initialise(model, 1);
 * console.log(model.parameters().length);
 * ```
 * @module
 */
import "../../backend/default_backend.ts";

export { keep, oneHot, tensor1d, tensor4d, tidy, zeros } from "../../backend/tf.ts";
export type { Scalar, Tensor, Variable } from "../../backend/tf.ts";
export type { Backend } from "../../backend/choose_backend.ts";
export { backward, countCorrect, type Criterion, CrossEntropyLoss } from "./cross_entropy_loss.ts";
export { initialise } from "./initialise.ts";
export { Module, Parameter } from "./module.ts";
export type { Initialisation } from "../../model/initial_weights.ts";
export * from "./torch_layers.ts";
export { Optimizer } from "./torch_optimizer.ts";
export { type TorchOptions, TorchSystem } from "./torch_system.ts";
