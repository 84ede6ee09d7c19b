import type { RunConfiguration } from "./run_configuration.ts";

/** All of a run's configuration that makes a recipe: neither system nor network nor seed. */
export type Recipe = Partial<Omit<RunConfiguration, "system" | "architecture" | "seed">>;

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
  /** The best found for LeNet-5, chosen on the validation images of 50 classes of Tiny ImageNet. */
  best: {
    pixels: "standardised",
    order: "shuffled",
    optimizer: { kind: "adam", learningRate: 4e-3, weightDecay: 0.05 },
    epochs: 100,
    batchSize: 256,
    schedule: "one-cycle",
    labelSmoothing: 0.1,
    augmentation: { shift: 4, mirror: true },
    views: { shift: 1, mirror: true },
  },
} as const satisfies Readonly<Record<string, Recipe>>;
