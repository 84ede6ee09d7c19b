/** Checks for what usually keeps a network from learning. Each returns a warning or nothing. */
import type { Batch } from "../pixels/pixels.ts";
import { type Architecture, isActivation } from "../model/architecture.ts";
import { Network } from "../systems/numpy/reference_network.ts";
import type { Weights } from "../model/weights.ts";
import { predictedLabels } from "../metrics/confusion.ts";
import { saturatedShare } from "./layer_statistics.ts";

/** The names of the checks. */
export type Check =
  | "unscaled input"
  | "sorted batches"
  | "loss far from ln K at the start"
  | "loss below zero"
  | "loss is no number"
  | "parameters that do not move"
  | "saturated units"
  | "one-class predictions";

/** What a check found: what was measured, and what the usual cause is. */
export interface Warning {
  /** Which check gives the warning. */
  readonly check: Check;
  /** What was measured, with the limit. */
  readonly measured: string;
  /** What is likely to be the cause, and what to do. */
  readonly cause: string;
}

/** A warning, or nothing where all is well. */
export type Finding = Warning | undefined;

/**
 * Whether the pixels are scaled.
 * @param limit on the magnitude of the pixels' mean and on their std
 */
export function checkInput({ images }: Batch, limit: number): Finding {
  let sum = 0, squares = 0;
  for (const x of images) {
    sum += x;
    squares += x * x;
  }
  const mean = sum / images.length;
  const std = Math.sqrt(Math.max(0, squares / images.length - mean * mean));
  return Math.abs(mean) <= limit && std <= limit ? undefined : {
    check: "unscaled input",
    measured: `pixels have mean ${mean.toFixed(1)} and std ${std.toFixed(1)}`,
    cause: "Standardise them: mean 0 and std 1 keep the first layer's units off their flat ends.",
  };
}

/**
 * Whether a batch holds about as many classes as a random one.
 * @param share of the classes expected in a random batch that must be there
 */
export function checkOrder({ labels, size }: Batch, classes: number, share: number): Finding {
  const expected = classes * (1 - (1 - 1 / classes) ** size);
  const found = new Set(labels).size;
  return size < classes / 2 || found >= share * expected ? undefined : {
    check: "sorted batches",
    measured: `${found} of ${classes} classes in a batch of ${size}; a random batch would hold ` +
      `about ${expected.toFixed(0)}`,
    cause: "Shuffle the training images each epoch: sorted ones teach one class after the other.",
  };
}

/**
 * Whether the first loss is near ln K.
 * @param share of ln K by which the loss of an untrained network may differ from it
 */
export function checkFirstLoss(loss: number, classes: number, share: number): Finding {
  const chance = Math.log(classes);
  return Math.abs(loss - chance) <= share * chance ? undefined : {
    check: "loss far from ln K at the start",
    measured: `the first loss is ${loss.toFixed(2)}, ln ${classes} is ${chance.toFixed(2)}`,
    cause: "The loss of an untrained network should be about ln K: look at the scale of the " +
      "starting weights and at what the loss is given.",
  };
}

/** Whether the loss of any batch is a number of at least 0. */
export function checkLoss(loss: number): Finding {
  if (loss < 0) {
    return {
      check: "loss below zero",
      measured: `the loss is ${loss.toFixed(2)}`,
      cause: "Cross-entropy cannot fall below 0: are logits and target swapped?",
    };
  }
  return Number.isFinite(loss) ? undefined : {
    check: "loss is no number",
    measured: `the loss is ${loss}`,
    cause: "Sums overflow: lower the learning rate, scale the pixels and the starting weights.",
  };
}

/** Whether all arrays of weights have changed since `before`. */
export function checkMoved(before: Weights, now: Weights, batches: number): Finding {
  const still = Object.entries(before)
    .filter(([name, { data }]) => data.every((value, i) => value === now[name]!.data[i]))
    .map(([name]) => name);
  return still.length === 0 ? undefined : {
    check: "parameters that do not move",
    measured: `${still.join(", ")} did not change in ${batches} batches`,
    cause: "Their gradient is thrown away, or no gradient reaches them (see saturated units).",
  };
}

/**
 * Whether the network predicts more than one class.
 * @param logits of the batch's images, (size, classes)
 */
export function checkPredictions(
  logits: Float32Array,
  { labels, size }: Batch,
  classes: number,
): Finding {
  const predicted = new Set(predictedLabels({ logits, labels, classes }));
  const present = new Set(labels).size;
  return predicted.size > 1 || present === 1 ? undefined : {
    check: "one-class predictions",
    measured: `all of ${size} training images of ${present} classes are predicted as class ` +
      `${[...predicted][0]}`,
    cause:
      "Such a network scores 1/K: its features no longer differ from image to image, or only its " +
      "biases learn.",
  };
}

/**
 * Whether units are saturated.
 * @param limit on the share of an activation layer's outputs that may be saturated. For ReLU, where
 * half of the outputs may be 0 as a rule, it is (1 + limit) / 2.
 */
export function checkSaturation(
  architecture: Architecture,
  weights: Weights,
  { images, size }: Batch,
  limit: number,
): Finding {
  const network = new Network(architecture);
  network.setWeights(weights);
  network.forward(images, size);
  const kinds = architecture.layers.filter(isActivation);
  const names = architecture.layers.flatMap((layer) => "name" in layer ? [layer.name] : []);
  const full = network.activations().flatMap((outputs, i) => {
    const { kind } = kinds[i]!;
    const share = saturatedShare(outputs, kind);
    const most = kind === "relu" ? (1 + limit) / 2 : limit;
    return share > most ? [`${names[i]} ${(100 * share).toFixed(0)} %`] : [];
  });
  return full.length === 0 ? undefined : {
    check: "saturated units",
    measured: `${full.join(", ")} of the outputs lie where the activation is flat`,
    cause:
      "No gradient passes there: scale the pixels, start with weights of 1/√fan-in, or lower " +
      "the learning rate.",
  };
}
