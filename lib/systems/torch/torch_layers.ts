import * as tf from "../../backend/tf.ts";
import { Module, type Parameter } from "./module.ts";

/** Done to a layer's weight each time before it is used, as PyTorch's parametrizations are. */
export type Parametrization = (weight: tf.Tensor) => tf.Tensor;

/**
 * Convolution, stride 1, no padding: (N, in, H, W) → (N, out, H − k + 1, W − k + 1), with the weight
 * (out, in, k, k) as PyTorch keeps it. TensorFlow's CPU kernels want channels last, so the tensors
 * are turned on the way in and out.
 */
export class Conv2d extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly parametrizations: Parametrization[] = [];

  constructor(readonly inChannels: number, readonly outChannels: number, readonly kernel: number) {
    super();
    this.weight = this.registerParameter("weight", [outChannels, inChannels, kernel, kernel]);
    this.bias = this.registerParameter("bias", [outChannels]);
  }

  override forward(input: tf.Tensor): tf.Tensor {
    const image = tf.transpose(input, [0, 2, 3, 1]) as tf.Tensor4D;
    const weight = parametrized(this.weight, this.parametrizations);
    const filter = tf.transpose(weight, [2, 3, 1, 0]) as tf.Tensor4D;
    const output = tf.add(tf.conv2d(image, filter, 1, "valid"), this.bias.data);
    return tf.transpose(output, [0, 3, 1, 2]);
  }
}

/** Max-pooling over squares that do not overlap: (N, C, H, W) → (N, C, H / size, W / size). */
export class MaxPool2d extends Module {
  constructor(readonly size: number) {
    super();
  }

  override forward(input: tf.Tensor): tf.Tensor {
    const image = tf.transpose(input, [0, 2, 3, 1]) as tf.Tensor4D;
    return tf.transpose(tf.maxPool(image, this.size, this.size, "valid"), [0, 3, 1, 2]);
  }
}

/** Fully connected layer: (N, in) → (N, out), with the weight (out, in). */
export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly parametrizations: Parametrization[] = [];

  constructor(readonly inFeatures: number, readonly outFeatures: number) {
    super();
    this.weight = this.registerParameter("weight", [outFeatures, inFeatures]);
    this.bias = this.registerParameter("bias", [outFeatures]);
  }

  override forward(input: tf.Tensor): tf.Tensor {
    const weight = parametrized(this.weight, this.parametrizations) as tf.Tensor2D;
    const product = tf.matMul(input as tf.Tensor2D, weight, false, true);
    return tf.add(product, this.bias.data);
  }
}

function parametrized({ data }: Parameter, steps: readonly Parametrization[]): tf.Tensor {
  return steps.reduce<tf.Tensor>((weight, step) => step(weight), data);
}

/** Hyperbolic tangent of every element. */
export class Tanh extends Module {
  override forward(input: tf.Tensor): tf.Tensor {
    return tf.tanh(input);
  }
}

/** Logistic function of every element. */
export class Sigmoid extends Module {
  override forward(input: tf.Tensor): tf.Tensor {
    return tf.sigmoid(input);
  }
}

/** Every element, or 0 where it is negative. */
export class ReLU extends Module {
  override forward(input: tf.Tensor): tf.Tensor {
    return tf.relu(input);
  }
}

/** (N, …) → (N, product of the rest). */
export class Flatten extends Module {
  override forward(input: tf.Tensor): tf.Tensor {
    return tf.reshape(input, [input.shape[0]!, -1]);
  }
}

/** Modules one after the other, each under the name given. */
export class Sequential extends Module {
  constructor(readonly modules: readonly (readonly [name: string, module: Module])[]) {
    super();
    for (const [name, module] of modules) this.registerModule(name, module);
  }

  override forward(input: tf.Tensor): tf.Tensor {
    return this.modules.reduce((tensor, [, module]) => module.forward(tensor), input);
  }
}
