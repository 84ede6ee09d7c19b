/**
 * The readable network: a list of layers that is gone through forwards for the logits, and backwards for
 * the gradients. Each layer's formulas stand at the head of its file.
 */
import { countHits, evaluateLoss, type LossFunction } from "../../model/loss.ts";
import type { StepResult } from "../../model/training_step.ts";
import {
  type Architecture,
  countClasses,
  isActivation,
  parameterShapes,
  requirePlainLayers,
  trace,
} from "../../model/architecture.ts";
import { checkWeights, type WeightArray, type Weights } from "../../model/weights.ts";
import { ActivationLayer } from "./activation_layer.ts";
import { type FloatArray, newParameter, type Parameter, type Precision } from "./array.ts";
import { Conv } from "./conv_layer.ts";
import { Dense } from "./dense_layer.ts";
import type { NumpyLayer } from "./layer.ts";
import { softmaxCrossEntropy } from "./softmax_cross_entropy.ts";
import { MaxPool } from "./pool_layer.ts";

/** A network of hand-written layers: the forward pass, the backward pass, and the weights. */
export class Network {
  /** All trainable arrays, in the order of the layers. */
  readonly parameters: readonly Parameter[];
  /** Length of the logits of an image. */
  readonly classes: number;
  readonly #layers: readonly NumpyLayer[];
  readonly #inputLength: number;

  /**
   * A network whose weights are zeros, unless the layers given have others.
   * @param layers default: those that the architecture describes
   * @throws RangeError if the parameters of the layers are not those of the architecture
   */
  constructor(
    readonly architecture: Architecture,
    readonly precision: Precision = "float32",
    layers?: readonly NumpyLayer[],
  ) {
    requirePlainLayers("the numpy system", architecture);
    const { channels, height, width } = architecture.input;
    this.#inputLength = channels * height * width;
    this.classes = countClasses(architecture);
    if (layers) {
      this.parameters = layers.flatMap(({ parameters }) => parameters);
      checkSame(architecture, this.parameters);
      this.#layers = layers;
      return;
    }
    this.parameters = parameterShapes(architecture)
      .map(({ name, shape }) => newParameter(name, shape, precision));
    this.#layers = buildLayers(architecture, precision, this.parameters);
  }

  /** The forward pass: logits (count, classes) of `count` images. The next call overwrites them. */
  forward(images: FloatArray, count: number): FloatArray {
    if (images.length < count * this.#inputLength) {
      throw new RangeError(
        `${count} images of ${this.#inputLength} numbers were asked for, ${images.length} given`,
      );
    }
    return this.#layers.reduce((input, layer) => layer.forward(input, count), images);
  }

  /** The outputs of each activation layer in the last forward pass. The next one overwrites them. */
  activations(): FloatArray[] {
    return this.#layers.filter((layer) => layer instanceof ActivationLayer).map(({ output }) =>
      output
    );
  }

  /**
   * The forward and the backward pass. They leave the gradient of the batch's mean loss in the `grad` of
   * each of `parameters`.
   * @param smoothing the part of each target that is spread over all classes
   * @param targets (count, classes), in place of the labels
   * @param loss in place of the cross-entropy
   */
  gradient(
    images: FloatArray,
    labels: Int32Array,
    count: number,
    smoothing = 0,
    targets?: Float32Array,
    loss?: LossFunction,
  ): StepResult {
    const logits = this.forward(images, count);
    const result = loss
      ? ownLoss(loss, logits, labels, count, this.classes, smoothing, targets)
      : softmaxCrossEntropy(logits, labels, count, this.classes, smoothing, targets);
    this.backward(logits);
    return result;
  }

  /**
   * The backward pass after a forward pass: from ∂loss/∂logits it leaves the gradient of the loss in the
   * `grad` of each of `parameters`.
   */
  backward(logitsGrad: FloatArray): void {
    let grad = logitsGrad;
    for (let i = this.#layers.length - 1; i >= 0; i--) {
      grad = this.#layers[i]!.backward(grad, i > 0);
    }
  }

  /** A copy of the weights. */
  weights(): Weights {
    const weights: Record<string, WeightArray> = {};
    for (const { name, shape, value } of this.parameters) {
      weights[name] = { shape, data: Float32Array.from(value) };
    }
    return weights;
  }

  /** Replaces the weights. */
  setWeights(weights: Weights): void {
    checkWeights(this.architecture, weights);
    for (const { name, value } of this.parameters) value.set(weights[name]!.data);
  }
}

/** A loss of one's own, which takes the place of `softmaxCrossEntropy`. */
function ownLoss(
  loss: LossFunction,
  logits: FloatArray,
  labels: Int32Array,
  size: number,
  classes: number,
  smoothing: number,
  targets: Float32Array | undefined,
): StepResult {
  const used = Float32Array.from(logits.subarray(0, size * classes));
  const result = evaluateLoss(loss, { size, labels, targets }, used, classes, smoothing);
  logits.set(result.gradient);
  return { loss: result.loss * size, correct: countHits(used, labels, classes) };
}

function checkSame(architecture: Architecture, parameters: readonly Parameter[]): void {
  const text = ({ name, shape }: { readonly name: string; readonly shape: readonly number[] }) =>
    `${name} (${shape.join(", ")})`;
  const [given, wanted] = [parameters.map(text), parameterShapes(architecture).map(text)];
  const at = wanted.findIndex((name, i) => given[i] !== name);
  if (at >= 0 || given.length !== wanted.length) {
    const where = at >= 0 ? at : wanted.length;
    throw new RangeError(
      `the layers have ${given[where] ?? "nothing"} where ${architecture.name} has ${
        wanted[where] ?? "nothing"
      }`,
    );
  }
}

function buildLayers(
  architecture: Architecture,
  precision: Precision,
  parameters: readonly Parameter[],
): NumpyLayer[] {
  const named = (name: string) => parameters.find((parameter) => parameter.name === name)!;
  const traced = trace(architecture).filter(({ layer }) => layer.kind !== "flatten");
  // An activation that is followed by max-pooling is applied after it. The result is the same, because no
  // activation ever falls, and fewer numbers have to be activated.
  for (let i = 0; i + 1 < traced.length; i++) {
    const [here, next] = [traced[i]!, traced[i + 1]!];
    if (isActivation(here.layer) && next.layer.kind === "maxpool") {
      traced.splice(i, 2, next, { ...here, input: next.output, output: next.output });
    }
  }
  return traced.map(({ layer, input }) => {
    switch (layer.kind) {
      case "conv": {
        const [channels = 1, height = 1, width = 1] = input;
        const window = { channels, height, width, kernel: layer.kernel };
        const [weight, bias] = [named(`${layer.name}.weight`), named(`${layer.name}.bias`)];
        return new Conv(precision, weight, bias, window);
      }
      case "dense":
        return new Dense(precision, named(`${layer.name}.weight`), named(`${layer.name}.bias`));
      case "maxpool": {
        const [channels = 1, height = 1, width = 1] = input;
        return new MaxPool(precision, [channels, height, width], layer.size);
      }
      case "tanh":
      case "sigmoid":
      case "relu": {
        const size = input.reduce<number>((product, side) => product * side, 1);
        return new ActivationLayer(precision, layer.kind, size);
      }
      case "activation":
      case "avgpool":
      case "batchnorm":
      case "dropout":
        throw new Error("requirePlainLayers has refused this layer");
      case "flatten":
        throw new Error("flatten moves no number and needs no layer");
      default:
        layer satisfies never;
        throw new Error("trace checks every layer");
    }
  });
}
