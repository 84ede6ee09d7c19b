import { type Architecture, countClasses, trace } from "../model/architecture.ts";
import { requireKeys } from "../model/check_architecture.ts";
import { checkFiniteWeights, checkWeights, type Weights } from "../model/weights.ts";
import type { QuantizedModel } from "../compression/quantization/quantized_model.ts";
import { type Normalisation, requireOneNormalisation } from "../pixels/pixels.ts";
import {
  defaultPreprocessOptions,
  type PreprocessOptions,
  preprocessOptions,
} from "../pixels/preprocess_options.ts";

/** How an image of any size becomes the pixels that the network sees. */
export type ClassifierPreprocessing = Pick<
  PreprocessOptions,
  "width" | "height" | "filter" | "framing" | "colour" | "decoder"
>;

/** A network in float32, of whose weights many may be zero. */
export interface FloatNetwork {
  /** How its numbers are stored. */
  readonly numbers: "float32";
  /** The network. */
  readonly architecture: Architecture;
  /** Its weights, by PyTorch's names and in PyTorch's layouts. */
  readonly weights: Weights;
  /** What each pixel, 0–255, goes through before the first layer. */
  readonly normalisation: Normalisation;
}

/** A network in int8. The normalisation is part of its first layer's scales and biases. */
export interface Int8Network {
  /** How its numbers are stored. */
  readonly numbers: "int8";
  /** The network, its whole numbers and their scales. */
  readonly model: QuantizedModel;
}

/** All that is needed to name what an image shows: what a classifier's file holds. */
export interface ClassifierModel {
  /** What computes the logits from the pixels. */
  readonly network: FloatNetwork | Int8Network;
  /** What makes the pixels from an image. */
  readonly preprocessing: ClassifierPreprocessing;
  /** The name of each class, by its place among the logits. */
  readonly classes: readonly string[];
  /** Free texts by name, which nothing here reads: the data set's name, the settings of the training. */
  readonly notes?: Readonly<Record<string, string>>;
}

const preprocessingKeys: Record<keyof ClassifierPreprocessing, true> = {
  width: true,
  height: true,
  filter: true,
  framing: true,
  colour: true,
  decoder: true,
};

/** The network as layers, whatever its numbers are. */
export function architectureOf({ network }: Pick<ClassifierModel, "network">): Architecture {
  return network.numbers === "int8" ? network.model.architecture : network.architecture;
}

/**
 * Preprocessing with the defaults of `preprocess` filled in, and nothing else.
 * @throws RangeError naming an option that is unknown or has no sensible value
 */
export function classifierPreprocessing(
  options: Partial<ClassifierPreprocessing> = {},
): ClassifierPreprocessing {
  requireKeys("the preprocessing", "preprocessing", options, preprocessingKeys);
  const full = preprocessOptions({ ...defaultPreprocessOptions, ...options });
  const { width, height, filter, framing, colour, decoder } = full;
  return { width, height, filter, framing, colour, decoder };
}

/** The most numbers that a layer of a classifier may put out for one image. */
const largestOutput = 2 ** 24;

/**
 * Asserts that the parts of a classifier belong together.
 * @throws RangeError naming the class, the array, the option or the layer that does not
 */
export function checkClassifier(model: ClassifierModel): void {
  const architecture = architectureOf(model);
  checkSizes(architecture);
  checkClasses(model.classes, countClasses(architecture));
  const { width, height, colour } = classifierPreprocessing(model.preprocessing);
  const { input } = architecture;
  const channels = colour ? 3 : 1;
  if (input.channels !== channels || input.height !== height || input.width !== width) {
    throw new RangeError(
      `the preprocessing makes images of ${channels}×${height}×${width}, and ${architecture.name} ` +
        `takes ${input.channels}×${input.height}×${input.width}`,
    );
  }
  if (model.network.numbers === "int8") return;
  const { weights, normalisation } = model.network;
  checkWeights(architecture, weights);
  checkFiniteWeights(weights);
  checkNormalisation(normalisation);
}

/** @throws RangeError naming the layer that puts out more numbers than a classifier may have */
export function checkSizes(architecture: Architecture): void {
  const outputs = trace(architecture).map(({ output }) => output.reduce((a, b) => a * b, 1));
  const { channels, height, width } = architecture.input;
  const sizes = [channels * height * width, ...outputs];
  const large = sizes.findIndex((size) => size > largestOutput);
  if (large < 0) return;
  const what = large === 0 ? "an image" : `the output of layer ${large - 1}`;
  throw new RangeError(`${what} has ${sizes[large]} numbers, and ${largestOutput} are the most`);
}

function checkClasses(classes: readonly string[], count: number): void {
  if (!Array.isArray(classes) || classes.length !== count) {
    throw new RangeError(
      `the classes must be a list of ${count} names, one for each of the network's outputs` +
        (Array.isArray(classes) ? `, got ${classes.length}` : ""),
    );
  }
  const nameless = classes.findIndex((name) => typeof name !== "string" || name === "");
  if (nameless >= 0) throw new RangeError(`class ${nameless} has no name`);
}

/** @throws RangeError naming the number that no pixel can be normalised with */
export function checkNormalisation(normalisation: Normalisation): void {
  if (Array.isArray(normalisation)) requireOneNormalisation("a classifier", normalisation);
  if (Array.isArray(normalisation)) {
    throw new RangeError("a classifier has one normalisation for all channels, not one for each");
  }
  const { mean, std } = normalisation;
  if (!Number.isFinite(mean)) throw new RangeError(`the mean must be a finite number, got ${mean}`);
  if (!(Number.isFinite(std) && std > 0)) {
    throw new RangeError(`the std must be a finite number above 0, got ${std}`);
  }
}
