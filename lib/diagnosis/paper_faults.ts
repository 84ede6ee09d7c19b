import { type Architecture, countClasses, lenet5 } from "../model/architecture.ts";
import type { Fault } from "../runs/faults.ts";
import { recipes } from "../runs/recipes.ts";
import { type RunConfiguration, runConfiguration } from "../runs/run_configuration.ts";
import type { SystemName } from "../systems/system.ts";

/** One thing that the paper's code, or its Table I, does otherwise than the corrected run. */
export interface PaperFault {
  /** What is done, as in "raw pixels". */
  readonly name: string;
  /** What the corrected run does instead, as in "pixels standardised". */
  readonly repair: string;
  /** What it changes in a configuration. */
  readonly settings: Partial<Omit<RunConfiguration, "faults">>;
  /** The mistakes in the training step that belong to it. */
  readonly faults?: readonly Fault[];
}

/** A run of the paper: the system that computed it, and its faults in the order of their repair. */
export interface PaperRun {
  /** What tables call it. */
  readonly title: string;
  /** What the run with all its faults is called. */
  readonly published: string;
  /** The system that computed the run in the paper, and that computes it here. */
  readonly system: SystemName;
  /** All that differs from the corrected run. */
  readonly faults: readonly PaperFault[];
}

/** The run of each system in the paper's code, and Table I taken literally on each of them. */
export type PaperRunName = SystemName | `text ${SystemName}`;

/** Images in a batch of the paper's NumPy code, which cut 63,325 images into 200 batches. */
const NUMPY_BATCH = 317;

const rawPixels: PaperFault = {
  name: "raw pixels",
  repair: "pixels standardised",
  settings: { pixels: "raw" },
};
const oneEpoch: PaperFault = {
  name: "one epoch",
  repair: "ten epochs, as in Table I",
  settings: { epochs: 1 },
};
const tableRate: PaperFault = {
  name: "learning rate 0.01",
  repair: "learning rate 1e-3",
  settings: { optimizer: { kind: "adam", learningRate: 0.01 } },
};

const torchFaults: readonly PaperFault[] = [
  {
    name: "swapped loss arguments",
    repair: "arguments of the loss in order",
    settings: {},
    faults: ["swapped loss arguments"],
  },
  { name: "images sorted by class", repair: "shuffled", settings: { order: "by class" } },
  rawPixels,
  {
    name: "learning rate 1e-4",
    repair: "learning rate 1e-3",
    settings: { optimizer: { kind: "adam", learningRate: 1e-4 } },
  },
  oneEpoch,
];

function numpyFaults(architecture: Architecture): readonly PaperFault[] {
  const own = (name: Fault, repair: string): PaperFault => ({
    name,
    repair,
    settings: {},
    faults: [name],
  });
  const { input } = architecture;
  const activations = { convActivation: "sigmoid", denseActivation: "relu" } as const;
  return [
    own("dense layers move twice", "each dense layer moves once a step"),
    own("frozen filters", "filters learn"),
    own("wrong input gradient", "input gradient right"),
    rawPixels,
    {
      name: "start from U(0, 1) and U(−1, 1)",
      repair: "start scaled to the fan-in",
      settings: { start: "saturating" },
    },
    {
      name: "sigmoid and ReLU",
      repair: "tanh throughout, as in the text",
      settings: { architecture: lenet5(countClasses(architecture), { input, ...activations }) },
    },
    {
      name: "SGD on the summed gradient",
      repair: "Adam at 1e-3, batches of 256",
      settings: {
        // the code averaged the gradients, v ← 0.8·v + 0.2·g, and took 1e-4·v
        optimizer: { kind: "sgd", momentum: 0.8, learningRate: 2e-5 },
        batchSize: NUMPY_BATCH,
      },
      faults: ["summed gradient", "weights shrink each step"],
    },
    oneEpoch,
  ];
}

/**
 * The paper's runs and their faults. Architectures other than LeNet-5 keep their own layers, except
 * that "sigmoid and ReLU" is LeNet-5 with these.
 */
export function paperRuns(
  architecture: Architecture,
): Readonly<Record<PaperRunName, PaperRun>> {
  const text = (system: SystemName, title: string): PaperRun => ({
    title,
    published: "learning rate 0.01 on raw pixels",
    system,
    faults: [rawPixels, tableRate],
  });
  const published = "the paper's code";
  return {
    numpy: {
      title: "LeNet5 Numpy",
      published,
      system: "numpy",
      faults: numpyFaults(architecture),
    },
    torch: { title: "LeNet5 Torch", published, system: "torch", faults: torchFaults },
    keras: { title: "LeNet5 TF", published, system: "keras", faults: [rawPixels] },
    "text numpy": text("numpy", "Table I taken literally, LeNet5 Numpy"),
    "text torch": text("torch", "Table I taken literally, LeNet5 Torch"),
    "text keras": text("keras", "Table I taken literally, LeNet5 TF"),
  };
}

/** The corrected run of a system, from its own start and by its own optimizer, with some faults put in. */
export function faultyRun(
  architecture: Architecture,
  system: SystemName,
  chosen: readonly PaperFault[] = [],
): RunConfiguration {
  return runConfiguration({
    system,
    architecture,
    ...recipes.corrected,
    ...Object.assign({}, ...chosen.map(({ settings }) => settings)),
    faults: chosen.flatMap(({ faults = [] }) => faults),
  });
}

/** The corrected run of a system: none of the faults. */
export function correctedRun(architecture: Architecture, system: SystemName): RunConfiguration {
  return faultyRun(architecture, system);
}

/** The corrected run with Table I's learning rate, 0.01. */
export function tableRateRun(architecture: Architecture, system: SystemName): RunConfiguration {
  return faultyRun(architecture, system, [tableRate]);
}

/** Table I taken literally, on a system: learning rate 0.01 on the raw pixels that the code used. */
export function paperTextRun(architecture: Architecture, system: SystemName): RunConfiguration {
  return faultyRun(architecture, system, [rawPixels, tableRate]);
}
