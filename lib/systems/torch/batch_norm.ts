import * as tf from "../../backend/tf.ts";
import { Module, type ModuleBuffer, type Parameter } from "./module.ts";
import { ChannelsLastModule } from "./torch_layers.ts";

/** Added to variances, and the part of the running statistics that each step renews; PyTorch's. */
const EPSILON = 1e-5, MOMENTUM = 0.1;

/** What both batch normalisations have: γ, β and the running statistics, one number for each channel. */
interface Statistics {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly runningMean: ModuleBuffer;
  readonly runningVariance: ModuleBuffer;
}

/**
 * y = γ·(x − mean) / √(variance + ε) + β for each channel, the last axis of `x` (Ioffe & Szegedy 2015). In
 * training mean and variance are the batch's, and the running ones move towards them; the running variance
 * towards the unbiased one, as in PyTorch. In inference they are the running ones.
 */
function normalise<T extends tf.Tensor>(x: T, own: Statistics, isTraining: boolean): T {
  const { weight, bias, runningMean, runningVariance } = own;
  const scaled = (mean: tf.Tensor, variance: tf.Tensor): T => {
    const factor = tf.mul(weight.data, tf.rsqrt(tf.add(variance, EPSILON)));
    return tf.add(tf.mul(tf.sub(x, mean), factor), bias.data);
  };
  if (!isTraining) return scaled(runningMean.data, runningVariance.data);
  const axes = x.shape.map((_, axis) => axis).slice(0, -1);
  const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
  if (count < 2) {
    throw new RangeError("batch normalisation cannot train on one number a channel: no variance");
  }
  const mean = tf.mean(x, axes);
  const variance = tf.mean(tf.square(tf.sub(x, mean)), axes);
  move(runningMean, mean);
  move(runningVariance, tf.mul(variance, count / (count - 1)));
  return scaled(mean, variance);
}

function move({ data }: ModuleBuffer, towards: tf.Tensor): void {
  data.assign(tf.add(tf.mul(data, 1 - MOMENTUM), tf.mul(towards, MOMENTUM)));
}

/** Normalises each channel of images: (N, C, H, W) → the same shape. */
export class BatchNorm2d extends ChannelsLastModule implements Statistics {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly runningMean: ModuleBuffer;
  readonly runningVariance: ModuleBuffer;

  constructor(readonly channels: number) {
    super();
    this.weight = this.registerParameter("weight", [channels]);
    this.bias = this.registerParameter("bias", [channels]);
    this.runningMean = this.registerBuffer("running_mean", [channels]);
    this.runningVariance = this.registerBuffer("running_var", [channels]);
  }

  override forwardChannelsLast(image: tf.Tensor4D): tf.Tensor4D {
    return normalise(image, this, this.isTraining);
  }
}

/** Normalises each number of flat inputs: (N, C) → the same shape. */
export class BatchNorm1d extends Module implements Statistics {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly runningMean: ModuleBuffer;
  readonly runningVariance: ModuleBuffer;

  constructor(readonly channels: number) {
    super();
    this.weight = this.registerParameter("weight", [channels]);
    this.bias = this.registerParameter("bias", [channels]);
    this.runningMean = this.registerBuffer("running_mean", [channels]);
    this.runningVariance = this.registerBuffer("running_var", [channels]);
  }

  override forward(input: tf.Tensor): tf.Tensor {
    return normalise(input, this, this.isTraining);
  }
}
