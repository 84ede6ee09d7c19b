/** Small classifiers that several tests share. */
import { applyMasks, magnitudeMasks } from "../../lib/compression/masks.ts";
import { quantizeModel } from "../../lib/compression/quantization/quantized_model.ts";
import {
  type ClassifierModel,
  classifierPreprocessing,
} from "../../lib/classifier/classifier_model.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { perceptron, smallConvolutional } from "../systems/helpers.ts";

const normalisation = { mean: 120.5, std: 61.25 };
const weights = initialWeights(perceptron, "lecun", 1);
const preprocessing = classifierPreprocessing({ width: 5, height: 6 });
const classes = ["cat", "dog", "Füchsin", "a b", "狼", "bear"];

export const float: ClassifierModel = {
  network: { numbers: "float32", architecture: perceptron, weights, normalisation },
  ...{ preprocessing, classes, notes: { data: "made up" } },
};

const masks = magnitudeMasks(perceptron, weights, { dense: 0.6 });
const pruned = applyMasks(weights, masks);

export const sparse: ClassifierModel = {
  ...float,
  network: { numbers: "float32", architecture: perceptron, weights: pruned, normalisation },
};

export const int8: ClassifierModel = {
  ...float,
  network: {
    numbers: "int8",
    model: quantizeModel(perceptron, weights, normalisation, "channel", {
      ranges: { hidden: 0.83 },
    }),
  },
};

export const sparseInt8: ClassifierModel = {
  ...float,
  network: {
    numbers: "int8",
    model: quantizeModel(perceptron, pruned, normalisation, "tensor"),
  },
};

const colourWeights = initialWeights(smallConvolutional, "keras", 2);

export const colour: ClassifierModel = {
  network: {
    ...{ numbers: "float32", architecture: smallConvolutional, normalisation },
    weights: colourWeights,
  },
  preprocessing: classifierPreprocessing({
    ...{ width: 8, height: 10, colour: true, filter: "antialiased", framing: "crop" },
  }),
  classes: ["one", "two", "three", "four"],
};

export const all: Readonly<Record<string, ClassifierModel>> = {
  float,
  sparse,
  int8,
  sparseInt8,
  colour,
};
