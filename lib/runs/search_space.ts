import type { Architecture } from "../model/architecture.ts";
import type { Recipe } from "./recipes.ts";
import { runConfiguration } from "./run_configuration.ts";

/** One of the recipes that a search compares. */
export interface Candidate {
  /** What is different from the first candidate. */
  readonly name: string;
  /** The recipe without its number of epochs, which the round decides. */
  readonly recipe: Omit<Recipe, "epochs">;
}

/** A round of successive halving: how long each candidate trains, and how many then go on. */
export interface SearchRound {
  /** Epochs of each candidate. */
  readonly epochs: number;
  /** Candidates that go on to the next round; 1 in the last one. */
  readonly keep: number;
}

/** All that a search is told. */
export interface SearchSpace {
  /** The recipes that are compared, the first of which the others are named after. */
  readonly candidates: readonly Candidate[];
  /** From the shortest trainings to the longest. */
  readonly rounds: readonly SearchRound[];
}

/** What all candidates have unless they say otherwise. */
const first = {
  pixels: "standardised",
  order: "shuffled",
  optimizer: { kind: "adam", learningRate: 4e-3, weightDecay: 0.05 },
  batchSize: 256,
  schedule: "one-cycle",
  labelSmoothing: 0.1,
  augmentation: { shift: 4, mirror: true },
  views: { shift: 1, mirror: true },
} as const satisfies Recipe;

/**
 * A network that teaches LeNet-5: wider, with ReLU, and it sees the images in colour. It is trained on the
 * same training images only.
 */
export function colourTeacher(classes: number): Architecture {
  return {
    name: "teacher",
    input: { channels: 3, height: 32, width: 32 },
    layers: [
      { kind: "conv", name: "conv1", filters: 16, kernel: 5 },
      { kind: "relu" },
      { kind: "maxpool", size: 2 },
      { kind: "conv", name: "conv2", filters: 32, kernel: 5 },
      { kind: "relu" },
      { kind: "maxpool", size: 2 },
      { kind: "flatten" },
      { kind: "dense", name: "fc1", units: 256 },
      { kind: "relu" },
      { kind: "dense", name: "fc2", units: classes },
    ],
  };
}

/** The recipe's part that has the colour teacher give all of each target, or a part of it. */
export function taughtInColour(classes: number, weight: number): Pick<Recipe, "teacher"> & Recipe {
  const { views: _, ...recipe } = first;
  const configuration = runConfiguration({
    ...{ system: "numpy", architecture: colourTeacher(classes), ...recipe },
    ...{ optimizer: { ...first.optimizer, learningRate: 3e-3 }, batchSize: 128, epochs: 30 },
  });
  // the teacher learned from smoothed labels already
  return { labelSmoothing: 0, teacher: { configuration, weight, ways: 12 } };
}

/** The space in which `deno task search` looks for LeNet-5's best recipe. */
export function lenetSpace(classes: number): SearchSpace {
  const { optimizer } = first;
  const small = { batchSize: 128 };
  const changes: Readonly<Record<string, Recipe>> = {
    "batches of 256": {},
    "batches of 128": small,
    "batches of 64": { batchSize: 64 },
    "twice the learning rate": { optimizer: { ...optimizer, learningRate: 8e-3 } },
    "shifts up to 2 pixels": { augmentation: { shift: 2, mirror: true } },
    "labels as they are": { labelSmoothing: 0 },
    "half of the batches mixup": { mixing: { kind: "mixup", share: 0.5 } },
    "half of the batches cutmix": { mixing: { kind: "cutmix", share: 0.5 } },
    "batches of 128, taught in colour": { ...small, ...taughtInColour(classes, 1) },
    "batches of 128, half taught in colour": { ...small, ...taughtInColour(classes, 0.5) },
  };
  return {
    candidates: Object.entries(changes).map(([name, change]) => ({
      name,
      recipe: { ...first, ...change },
    })),
    rounds: [{ epochs: 10, keep: 4 }, { epochs: 30, keep: 2 }, { epochs: 100, keep: 1 }],
  };
}
