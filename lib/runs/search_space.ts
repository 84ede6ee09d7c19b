import { type Activation, type Architecture, isActivation } from "../model/architecture.ts";
import { longTaughtRecipe, type Recipe, recipes, taughtRecipe } from "./recipes.ts";

/** One of the recipes that a search compares. */
export interface Candidate {
  /** What is different from the first candidate. */
  readonly name: string;
  /** The recipe without its number of epochs, which the round decides. */
  readonly recipe: Omit<Recipe, "epochs">;
  /** Activation after all layers but the last; absent: that of the network. */
  readonly activation?: Activation;
}

/** A round of successive halving: how long each candidate trains, and how many then go on. */
export interface SearchRound {
  /** Epochs of each candidate. */
  readonly epochs: number;
  /** Candidates that go on to the next round; 1 in the last one. */
  readonly keep: number;
}

/** Which search: each goes on from what the one before it chose. */
export type SearchTurn = "first" | "second" | "third";

/** All that a search is told. */
export interface SearchSpace {
  /** Which of the project's own searches this is, for its log. */
  readonly turn?: SearchTurn;
  /** The recipes that are compared. The names of the others say what differs from the first. */
  readonly candidates: readonly Candidate[];
  /** The rounds, from the shortest trainings to the longest. */
  readonly rounds: readonly SearchRound[];
  /** Epochs for which the chosen recipe is trained in the end; absent: as many as in the last round. */
  readonly finalEpochs?: number;
}

/** A network with another activation function everywhere. */
export function withActivation(architecture: Architecture, kind: Activation): Architecture {
  const layers = architecture.layers.map((layer) => isActivation(layer) ? { kind } : layer);
  return { ...architecture, layers };
}

/** What all candidates have unless they say otherwise; a round decides the epochs. */
const { epochs: _, ...first } = recipes.best;

/** The space in which `deno task search` looks for LeNet-5's best recipe first. */
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
    turn: "first",
    candidates: Object.entries(changes).map(([name, change]) => ({
      name,
      recipe: { ...first, ...change },
    })),
    rounds: [{ epochs: 10, keep: 4 }, { epochs: 30, keep: 2 }, { epochs: 100, keep: 1 }],
  };
}

/**
 * The space of `deno task search --second`: what the first search chose, and changes to it that are made one
 * after the other, each on top of those before it. The network of 65,106 numbers is the same but for its
 * activation function.
 */
export function secondSpace(): SearchSpace {
  const chosen: Recipe = { ...first, batchSize: 64 };
  const lessDecay: Recipe = {
    ...chosen,
    optimizer: { kind: "adam", learningRate: 3e-3, weightDecay: 0.005 },
    labelSmoothing: 0,
  };
  const relu = (name: string, recipe: Recipe): Candidate => ({ name, recipe, activation: "relu" });
  return {
    turn: "second",
    candidates: [
      { name: "tanh, as the first search chose", recipe: chosen },
      relu("ReLU, a tenth of the decay, labels as they are", lessDecay),
      relu(
        "ReLU, a tenth of the decay, labels as they are, batches of 128, steps larger by a third",
        recipes.long,
      ),
    ],
    rounds: [{ epochs: 30, keep: 1 }],
    finalEpochs: recipes.long.epochs,
  };
}

/**
 * The space of `deno task search --third`: what the second search chose, and changes that are made on top of each
 * other until the recipe is `longTaughtRecipe`.
 */
export function thirdSpace(classes = 50): SearchSpace {
  const { teacher, optimizer, views, epochs } = longTaughtRecipe(classes);
  const changes: Readonly<Record<string, Recipe>> = {
    "ReLU, as the second search chose": {},
    "half taught in colour by a wider network": { teacher },
    "half taught in colour, four times the weight decay": { teacher, optimizer: optimizer! },
    "half taught in colour, four times the weight decay, 98 views": {
      teacher,
      optimizer: optimizer!,
      views: views!,
    },
  };
  return {
    turn: "third",
    candidates: Object.entries(changes).map(([name, change]) => ({
      name,
      activation: "relu",
      recipe: { ...recipes.long, ...change },
    })),
    rounds: [{ epochs: 60, keep: 1 }],
    finalEpochs: epochs!,
  };
}
