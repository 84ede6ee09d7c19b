import { convolve } from "../../backend/fused_convolution.ts";
import { linear } from "../../backend/fused_layers.ts";
import { activate } from "../../backend/further_activations.ts";
import * as kernels from "../../backend/run_kernel.ts";
import * as tf from "../../backend/tf.ts";
import type { FurtherActivation } from "../../model/architecture.ts";
import { requireKeys, requireSize } from "../../model/check_architecture.ts";
import { describe } from "../../model/describe.ts";
import { Rng } from "../../util/rng.ts";
import { Module, type Parameter } from "./module.ts";

/** Done to a layer's weight each time before it is used, as PyTorch's parametrizations are. */
export type Parametrization = (weight: tf.Tensor) => tf.Tensor;

/**
 * A module for images (N, C, H, W) that computes with channels last, (N, H, W, C), as TensorFlow's kernels want
 * them. Its tensors are turned on the way in and out; where several follow each other, `Sequential` turns them at
 * the first and the last alone.
 */
export abstract class ChannelsLastModule extends Module {
  /** `forward` with channels last in and out. */
  abstract forwardChannelsLast(image: tf.Tensor4D): tf.Tensor4D;

  override forward(input: tf.Tensor): tf.Tensor {
    return toChannelsFirst(this.forwardChannelsLast(toChannelsLast(input)));
  }
}

/** An image before it was turned, and what gradient was recorded then. */
interface Unturned {
  readonly before: tf.Tensor4D;
  readonly depth: number;
  readonly tape: WeakRef<object> | undefined;
}

/** From an image that was turned to what it was before, so that it need not be turned back. */
const unturned = new WeakMap<tf.Tensor, Unturned>();

/** What an image was before; undefined for a gradient that has begun since, which may be one by the image itself. */
function beforeTurning(image: tf.Tensor): tf.Tensor4D | undefined {
  const known = unturned.get(image);
  if (known === undefined || known.before.isDisposed) return undefined;
  const { gradientDepth, activeTape } = tf.engine().state;
  const isSame = known.depth === gradientDepth &&
    (gradientDepth === 0 || known.tape?.deref() === activeTape);
  return isSame ? known.before : undefined;
}

function toChannelsLast(image: tf.Tensor): tf.Tensor4D {
  return beforeTurning(image) ?? kernels.transpose(image, [0, 2, 3, 1]);
}

function toChannelsFirst(image: tf.Tensor4D): tf.Tensor4D {
  const turned = kernels.transpose<tf.Tensor4D>(image, [0, 3, 1, 2]);
  const { gradientDepth: depth, activeTape } = tf.engine().state;
  const tape = depth > 0 ? new WeakRef(activeTape) : undefined;
  unturned.set(turned, { before: image, depth, tape });
  return turned;
}

/** Does the same to every element; an image that was turned stays as it was before. */
function elementwise<T extends tf.Tensor>(input: T, work: (input: tf.Tensor) => tf.Tensor): T {
  const before = beforeTurning(input);
  return (before ? toChannelsFirst(work(before) as tf.Tensor4D) : work(input)) as T;
}

/** Hyperbolic tangent of every element, as PyTorch's `torch.tanh`. */
export function tanh(input: tf.Tensor): tf.Tensor {
  return elementwise(input, tf.tanh);
}

/** Logistic function of every element, as PyTorch's `torch.sigmoid`. */
export function sigmoid(input: tf.Tensor): tf.Tensor {
  return elementwise(input, tf.sigmoid);
}

/** Every element, or 0 where it is negative, as PyTorch's `torch.relu`. */
export function relu(input: tf.Tensor): tf.Tensor {
  return elementwise(input, tf.relu);
}

/** Max-pooling over squares that do not overlap: (N, C, H, W) → (N, C, H / size, W / size). */
export function maxPool2d(input: tf.Tensor, size: number): tf.Tensor {
  return toChannelsFirst(pool("maxPool", toChannelsLast(input), size));
}

/** (N, …) → (N, product of the rest). */
export function flatten(input: tf.Tensor): tf.Tensor {
  return kernels.flatten(input);
}

/** Stride and padding of a convolution. */
export interface Conv2dOptions {
  /** Steps between the places of the kernel; default 1. */
  readonly stride?: number | undefined;
  /** Rows and columns of zeros around the image; default 0. */
  readonly padding?: number | undefined;
}

const conv2dKeys: Record<keyof Conv2dOptions, true> = { stride: true, padding: true };

/** @throws RangeError if something of a size does not fit into images */
function requireRoom(what: string, size: number, height: number, width: number): void {
  if (height >= size && width >= size) return;
  throw new RangeError(
    `${what} of ${size}×${size} does not fit into an image of ${height}×${width}`,
  );
}

/** Pooling over squares that do not overlap. @throws RangeError if none fits into the images */
function pool(kind: "maxPool" | "avgPool", image: tf.Tensor4D, size: number): tf.Tensor4D {
  requireSize(kind, "size", size);
  requireRoom("a square", size, image.shape[1], image.shape[2]);
  return kind === "maxPool" ? kernels.maxPool(image, size) : tf.avgPool(image, size, size, "valid");
}

/**
 * Convolution: (N, in, H, W) → (N, out, ⌊(H + 2p − k) / s⌋ + 1, ⌊(W + 2p − k) / s⌋ + 1), with the weight
 * (out, in, k, k) as PyTorch keeps it. Its numbers are zeros until `initialise` or `loadStateDict` gives it others.
 */
export class Conv2d extends ChannelsLastModule {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly parametrizations: Parametrization[] = [];

  readonly stride: number;
  readonly padding: number;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    readonly kernel: number,
    options: Conv2dOptions = {},
  ) {
    const { stride = 1, padding = 0 } = options;
    super();
    for (const [what, value] of Object.entries({ inChannels, outChannels, kernel, stride })) {
      requireSize("Conv2d", what, value);
    }
    if (!Number.isInteger(padding) || padding < 0) {
      throw new RangeError(
        `Conv2d: padding must be a whole number of at least 0, got ${describe(padding)}`,
      );
    }
    requireKeys("Conv2d", "Conv2d", options, conv2dKeys);
    this.stride = stride;
    this.padding = padding;
    this.weight = this.registerParameter("weight", [outChannels, inChannels, kernel, kernel]);
    this.bias = this.registerParameter("bias", [outChannels]);
  }

  override forwardChannelsLast(image: tf.Tensor4D): tf.Tensor4D {
    return this.forwardThrough("linear", image);
  }

  /** `forwardChannelsLast` and an activation at once, which the kernels compute in one. */
  forwardThrough(activation: "linear" | "tanh", image: tf.Tensor4D): tf.Tensor4D {
    const weight = parametrized(this.weight, this.parametrizations) as tf.Tensor4D;
    const bias = this.bias.data as tf.Tensor as tf.Tensor1D;
    const p = this.padding, [, height, width] = image.shape;
    requireRoom("a kernel", this.kernel, height + 2 * p, width + 2 * p);
    const padded = p > 0 ? tf.pad(image, [[0, 0], [p, p], [p, p], [0, 0]]) : image;
    return convolve(padded, weight, bias, this.stride, activation);
  }
}

/** Max-pooling over squares that do not overlap: (N, C, H, W) → (N, C, H / size, W / size). */
export class MaxPool2d extends ChannelsLastModule {
  constructor(readonly size: number) {
    super();
  }

  override forwardChannelsLast(image: tf.Tensor4D): tf.Tensor4D {
    return pool("maxPool", image, this.size);
  }
}

/** Means over squares that do not overlap: (N, C, H, W) → (N, C, H / size, W / size). */
export class AvgPool2d extends ChannelsLastModule {
  constructor(readonly size: number) {
    super();
  }

  override forwardChannelsLast(image: tf.Tensor4D): tf.Tensor4D {
    return pool("avgPool", image, this.size);
  }
}

/**
 * Puts each number to 0 with probability `rate` and divides the others by 1 − rate, in training; in
 * inference changes nothing.
 */
export class Dropout extends Module {
  /** Number of the next training step, which decides, with the seed, what is left out. */
  step = 0;

  constructor(readonly rate: number, readonly seed = 0) {
    super();
    if (!(rate >= 0 && rate <= 1)) {
      throw new RangeError(`Dropout: rate must be in [0, 1], got ${describe(rate)}`);
    }
  }

  override forward(input: tf.Tensor): tf.Tensor {
    if (!this.isTraining || this.rate === 0) return input;
    const kept = 1 / (1 - this.rate);
    const mask = new Float32Array(input.size);
    const rng = new Rng(this.seed).fork(`dropout ${this.step++}`);
    for (let i = 0; i < mask.length; i++) mask[i] = rng.uniform() < this.rate ? 0 : kept;
    return tf.mul(input, tf.tensor(mask, input.shape));
  }
}

/**
 * Fully connected layer: (N, in) → (N, out), with the weight (out, in). Its numbers are zeros until `initialise`
 * or `loadStateDict` gives it others.
 */
export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly parametrizations: Parametrization[] = [];

  constructor(readonly inFeatures: number, readonly outFeatures: number) {
    super();
    requireSize("Linear", "inFeatures", inFeatures);
    requireSize("Linear", "outFeatures", outFeatures);
    this.weight = this.registerParameter("weight", [outFeatures, inFeatures]);
    this.bias = this.registerParameter("bias", [outFeatures]);
  }

  override forward(input: tf.Tensor): tf.Tensor {
    return this.forwardThrough("linear", input);
  }

  /** `forward` and an activation at once, which the kernels compute in one. */
  forwardThrough(activation: "linear" | "tanh", input: tf.Tensor): tf.Tensor {
    const weight = parametrized(this.weight, this.parametrizations) as tf.Tensor2D;
    const bias = this.bias.data as tf.Tensor as tf.Tensor1D;
    return linear(input as tf.Tensor2D, weight, bias, activation);
  }
}

function parametrized({ data }: Parameter, steps: readonly Parametrization[]): tf.Tensor {
  return steps.reduce<tf.Tensor>((weight, step) => step(weight), data);
}

/** Whether a module does the same to every element, wherever its channel stands. */
function isElementwise(module: Module): boolean {
  return module instanceof Dropout || module instanceof Tanh || module instanceof Sigmoid ||
    module instanceof ReLU || module instanceof FurtherActivationModule;
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

/** PyTorch's `LeakyReLU`, `ELU`, `GELU`, `SiLU` or `Softplus` of every element. */
export class FurtherActivationModule extends Module {
  constructor(readonly activation: FurtherActivation) {
    super();
  }

  override forward(input: tf.Tensor): tf.Tensor {
    return activate(this.activation, input);
  }
}

/** (N, …) → (N, product of the rest). */
export class Flatten extends Module {
  override forward(input: tf.Tensor): tf.Tensor {
    return flatten(input);
  }
}

/** Modules one after the other, each under the name given. */
export class Sequential extends Module {
  constructor(readonly modules: readonly (readonly [name: string, module: Module])[]) {
    super();
    for (const [name, module] of modules) this.registerModule(name, module);
  }

  override forward(input: tf.Tensor): tf.Tensor {
    const { modules } = this;
    let tensor = input;
    let isChannelsLast = false;
    for (let i = 0; i < modules.length; i++) {
      const [, module] = modules[i]!;
      // the classes themselves: who extends one has a forward of their own
      const isBeforeTanh = modules[i + 1]?.[1].constructor === Tanh;
      if (module instanceof ChannelsLastModule) {
        const image = isChannelsLast ? tensor as tf.Tensor4D : toChannelsLast(tensor);
        const isFused = isBeforeTanh && module.constructor === Conv2d;
        if (isFused) i++;
        tensor = isFused
          ? (module as Conv2d).forwardThrough("tanh", image)
          : module.forwardChannelsLast(image);
        isChannelsLast = true;
        continue;
      }
      if (isChannelsLast && !isElementwise(module)) {
        tensor = toChannelsFirst(tensor as tf.Tensor4D);
        isChannelsLast = false;
      }
      const isFused = isBeforeTanh && module.constructor === Linear;
      if (isFused) i++;
      tensor = isFused ? (module as Linear).forwardThrough("tanh", tensor) : module.forward(tensor);
    }
    return isChannelsLast ? toChannelsFirst(tensor as tf.Tensor4D) : tensor;
  }
}
