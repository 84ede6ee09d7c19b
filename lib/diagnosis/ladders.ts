import { type Architecture, countClasses, lenet5 } from "../model/architecture.ts";
import type { Trial } from "./trial.ts";

/** A run of a ladder: what was changed from the run before it. */
export interface Rung {
  readonly change: string;
  /** What the change does to the network, in a sentence; measurements follow it in the report. */
  readonly mechanism: string;
  readonly trial: Trial;
}

/** The way from a published run to the correct one, one change at a time. */
export interface Ladder {
  readonly name: string;
  readonly rungs: readonly Rung[];
}

/** The ladders: one a system, and one from Table I taken at its word. */
export type LadderName = "numpy" | "torch" | "keras" | "written";

type Step = readonly [change: string, mechanism: string, difference: Partial<Trial>];

function climb(
  name: string,
  first: readonly [string, string],
  from: Trial,
  steps: readonly Step[],
): Ladder {
  let trial = from;
  const rungs: Rung[] = [{ change: first[0], mechanism: first[1], trial }];
  for (const [change, mechanism, difference] of steps) {
    trial = { ...trial, ...difference };
    rungs.push({ change, mechanism, trial });
  }
  return { name, rungs };
}

/** What every ladder ends in: Table I's batch size and epochs, Adam at its usual rate. */
export function correctedTrial(architecture: Architecture, start: Trial["start"]): Trial {
  return {
    architecture,
    start,
    pixels: "standardised",
    order: "shuffled",
    loss: "cross-entropy",
    faults: undefined,
    optimizer: { kind: "adam", learningRate: 1e-3 },
    epochs: 10,
    batchSize: 256,
  };
}

/** Table I taken at its word: learning rate 0.01, on the raw pixels that the code used. */
export function writtenTrial(architecture: Architecture, start: Trial["start"]): Trial {
  const optimizer = { kind: "adam", learningRate: 0.01 } as const;
  return { ...correctedTrial(architecture, start), pixels: "raw", optimizer };
}

/**
 * The ladders of the three systems and of Table I. The numpy one has 200 minibatches an epoch, as the
 * code had, however many images there are.
 * @param trainImages how many there are
 */
export function ladders(
  architecture: Architecture,
  trainImages: number,
): Readonly<Record<LadderName, Ladder>> {
  const { input } = architecture, classes = countClasses(architecture);
  const published = lenet5(classes, {
    ...{ input, convActivation: "sigmoid", denseActivation: "relu" },
  });
  const batchSize = Math.ceil(trainImages / 200);
  // the code summed the gradient over the batch where ours is its mean
  const sgd = { kind: "sgd", momentum: 0.8, learningRate: 1e-4 * batchSize } as const;
  const numpy = climb(
    "LeNet5 Numpy",
    [
      "as published",
      "filters from U(0, 1) over raw pixels drive every sigmoid to 1, so all images look alike to " +
      "the dense layers",
    ],
    {
      architecture: published,
      start: "saturating",
      pixels: "raw",
      order: "shuffled",
      loss: "cross-entropy",
      faults: { frozenFilters: true, selfUpdate: 1e-3 },
      optimizer: sgd,
      epochs: 1,
      batchSize,
    },
    [
      [
        "each dense layer moved once a step",
        "smaller steps, but still through constant features",
        { faults: { frozenFilters: true, selfUpdate: 0 } },
      ],
      [
        "filters learn",
        "the filters' gradient is no longer thrown away, but a sigmoid at 1 passes none on",
        { faults: undefined },
      ],
      [
        "pixels standardised",
        "the sums shrink a hundredfold and take both signs, so the features begin to differ from " +
        "image to image",
        { pixels: "standardised" },
      ],
      [
        "start scaled to the fan-in",
        "unit variance in, unit variance out: the units leave their flat ends",
        { start: "lecun" },
      ],
      [
        "tanh throughout, as in the text",
        "outputs around zero and a slope four times a sigmoid's",
        { architecture },
      ],
      [
        "Adam at 1e-3, batches of 256",
        "every weight gets steps of a size of its own",
        { optimizer: { kind: "adam", learningRate: 1e-3 }, batchSize: 256 },
      ],
      ["ten epochs, as in Table I", "ten times the steps", { epochs: 10 }],
    ],
  );
  const torch = climb(
    "LeNet5 Torch",
    [
      "as published",
      "with its arguments swapped the loss is linear in the logits and its gradient the same for " +
      "every image: the logits run to −∞ together",
    ],
    {
      ...correctedTrial(architecture, "pytorch"),
      pixels: "raw",
      order: "by class",
      loss: "swapped arguments",
      optimizer: { kind: "adam", learningRate: 1e-4 },
      epochs: 1,
    },
    [
      [
        "arguments of the loss in order",
        "now the loss has a minimum, but images sorted by class teach one class at a time and the " +
        "last one wins",
        { loss: "cross-entropy" },
      ],
      ["shuffled", "every batch shows all classes", { order: "shuffled" }],
      ["pixels standardised", "tanh units are driven less far", { pixels: "standardised" }],
      [
        "learning rate 1e-3, not 1e-4",
        "ten times the way in as many steps",
        { optimizer: { kind: "adam", learningRate: 1e-3 } },
      ],
      ["ten epochs, as in Table I", "ten times the steps", { epochs: 10 }],
    ],
  );
  const keras = climb(
    "LeNet5 TF",
    [
      "as published",
      "raw pixels saturate the first tanh, but loss, order and learning rate are right, and the " +
      "layers above have something to go by",
    ],
    { ...correctedTrial(architecture, "keras"), pixels: "raw" },
    [["pixels standardised", "the filters get their slope back", { pixels: "standardised" }]],
  );
  const written = climb(
    "Table I as written",
    [
      "learning rate 0.01 on raw pixels",
      "steps of 0.01 on inputs of 0 to 255 throw every unit to a flat end within the first batches, " +
      "and from there no gradient leads back",
    ],
    writtenTrial(architecture, "pytorch"),
    [
      ["pixels standardised", "the same steps move the sums a hundred times less", {
        pixels: "standardised",
      }],
      [
        "learning rate 1e-3",
        "finer steps",
        { optimizer: { kind: "adam", learningRate: 1e-3 } },
      ],
    ],
  );
  return { numpy, torch, keras, written };
}
