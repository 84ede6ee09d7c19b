import type { Architecture } from "../model/architecture.ts";
import { type Recipe, taughtRecipe } from "./recipes.ts";

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

/** The space in which `deno task search` looks for LeNet-5's best recipe. */
export function lenetSpace(architecture: Architecture): SearchSpace {
  const { optimizer } = first;
  const small = { batchSize: 128 };
  const taught = (weight: number): Recipe => {
    const { labelSmoothing, teacher } = taughtRecipe(architecture, weight);
    return { ...small, labelSmoothing, teacher };
  };
  const changes: Readonly<Record<string, Recipe>> = {
    "batches of 256": {},
    "batches of 128": small,
    "batches of 64": { batchSize: 64 },
    "twice the learning rate": { optimizer: { ...optimizer, learningRate: 8e-3 } },
    "shifts up to 2 pixels": { augmentation: { shift: 2, mirror: true } },
    "labels as they are": { labelSmoothing: 0 },
    "half of the batches mixup": { mixing: { kind: "mixup", share: 0.5 } },
    "half of the batches cutmix": { mixing: { kind: "cutmix", share: 0.5 } },
    "batches of 128, taught in colour": taught(1),
    "batches of 128, half taught in colour": taught(0.5),
  };
  return {
    candidates: Object.entries(changes).map(([name, change]) => ({
      name,
      recipe: { ...first, ...change },
    })),
    rounds: [{ epochs: 10, keep: 4 }, { epochs: 30, keep: 2 }, { epochs: 100, keep: 1 }],
  };
}
