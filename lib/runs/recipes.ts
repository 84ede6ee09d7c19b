import { type Architecture, countClasses, lenet5 } from "../model/architecture.ts";
import {
  type RunConfiguration,
  runConfiguration,
  type TeacherConfiguration,
} from "./run_configuration.ts";

/** All of a run's configuration that makes a recipe: neither system nor network nor seed. */
export type Recipe = Partial<Omit<RunConfiguration, "system" | "architecture" | "seed">>;

const best = {
  pixels: "standardised",
  order: "shuffled",
  optimizer: { kind: "adam", learningRate: 4e-3, weightDecay: 0.05 },
  epochs: 100,
  batchSize: 256,
  schedule: "one-cycle",
  labelSmoothing: 0.1,
  augmentation: { shift: 4, mirror: true },
  views: { shift: 1, mirror: true },
} as const satisfies Recipe;

/** The recipes by name: `runConfiguration({ system, architecture, ...recipes.best })`. */
export const recipes = {
  /** Table I's batch size and epochs on standardised pixels, with Adam's usual learning rate. */
  corrected: {
    pixels: "standardised",
    order: "shuffled",
    optimizer: { kind: "adam", learningRate: 1e-3 },
    epochs: 10,
    batchSize: 256,
  },
  /** The paper's text: Table I's learning rate, on the raw pixels that its code used. */
  paperText: {
    pixels: "raw",
    order: "shuffled",
    optimizer: { kind: "adam", learningRate: 0.01 },
    epochs: 10,
    batchSize: 256,
  },
  /**
   * The best of 100 epochs with tanh and without a teacher, chosen on the validation images of 50 classes of Tiny
   * ImageNet. With a teacher it is `taughtRecipe`; `long` takes longer, and `longTaughtRecipe` both.
   */
  best,
  /**
   * For `reluLenet5`: what the second search chose. It predicts from 18 views of an image, as `best` does; without
   * `views` it predicts from one.
   */
  long: {
    ...best,
    optimizer: { kind: "adam", learningRate: 4e-3, weightDecay: 0.005 },
    epochs: 150,
    batchSize: 128,
    labelSmoothing: 0,
  },
} as const satisfies Readonly<Record<string, Recipe>>;

/** LeNet-5 with ReLU in place of tanh, and as many numbers: the network of `recipes.long`. */
export function reluLenet5(classes = 50): Architecture {
  return lenet5(classes, { convActivation: "relu", denseActivation: "relu" });
}

/** Two convolutions and two dense layers with ReLU, for images in colour. */
function colourNetwork(
  name: string,
  first: { readonly filters: number; readonly kernel: number },
  second: { readonly filters: number; readonly kernel: number },
  classes: number,
): Architecture {
  return {
    name,
    input: { channels: 3, height: 32, width: 32 },
    layers: [
      { kind: "conv", name: "conv1", ...first },
      { kind: "relu" },
      { kind: "maxpool", size: 2 },
      { kind: "conv", name: "conv2", ...second },
      { kind: "relu" },
      { kind: "maxpool", size: 2 },
      { kind: "flatten" },
      { kind: "dense", name: "fc1", units: 256 },
      { kind: "relu" },
      { kind: "dense", name: "fc2", units: classes },
    ],
  };
}

/**
 * A network that teaches LeNet-5: wider, with ReLU, and it sees the images in colour. It is trained on the
 * same training images only.
 */
export function colourTeacher(classes: number): Architecture {
  const first = { filters: 16, kernel: 5 }, second = { filters: 32, kernel: 5 };
  return colourNetwork("teacher", first, second, classes);
}

/** A teacher in colour with twice the multiply-adds of `colourTeacher`, and how it is trained. */
export function widerTeacher(classes: number): TeacherConfiguration {
  const first = { filters: 32, kernel: 5 }, second = { filters: 64, kernel: 3 };
  const architecture = colourNetwork("wider teacher", first, second, classes);
  return runConfiguration({
    system: "numpy",
    architecture,
    pixels: "standardised",
    order: "shuffled",
    optimizer: { kind: "adam", learningRate: 2e-3, weightDecay: 0.05 },
    epochs: 20,
    batchSize: 128,
    schedule: "one-cycle",
    augmentation: { shift: 4, mirror: true },
  });
}

/**
 * `recipes.long` with half of each target from `widerTeacher`, which sees the images of `RunData.teacher`, and
 * with four times the weight decay and the epochs. It is for `reluLenet5`, and predicts from 98 views of an image.
 */
export function longTaughtRecipe(classes = 50): Recipe & Required<Pick<Recipe, "teacher">> {
  return {
    ...recipes.long,
    optimizer: { ...recipes.long.optimizer, weightDecay: 0.02 },
    epochs: 600,
    views: { shift: 3, mirror: true },
    teacher: { configuration: widerTeacher(classes), weight: 0.5, ways: 16 },
  };
}

/**
 * `recipes.best` in batches of 128, with targets from the colour teacher, which sees the images of
 * `RunData.teacher`.
 * @param architecture the network that is taught
 * @param weight part of each target that is the teacher's answer; the rest is the label's
 */
export function taughtRecipe(
  architecture: Architecture,
  weight = 1,
): Recipe & Required<Pick<Recipe, "labelSmoothing" | "teacher">> {
  const { views: _, ...recipe } = recipes.best;
  const configuration = runConfiguration({
    system: "numpy",
    architecture: colourTeacher(countClasses(architecture)),
    ...recipe,
    optimizer: { ...recipe.optimizer, learningRate: 3e-3 },
    batchSize: 128,
    epochs: 30,
  });
  // the teacher learned from smoothed labels already
  const teacher = { configuration, weight, ways: 8 };
  return { ...recipes.best, batchSize: 128, labelSmoothing: 0, teacher };
}
