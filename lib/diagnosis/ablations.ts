import { type Architecture, countClasses, lenet5 } from "../model/architecture.ts";
import { recipes } from "../runs/recipes.ts";
import {
  type RunConfiguration,
  runConfiguration,
  type RunSettings,
} from "../runs/run_configuration.ts";
import type { SystemName } from "../systems/system.ts";

/** One step of an ablation: what is changed from the step before it. */
export interface AblationStep {
  /** What is different from the step before. */
  readonly change: string;
  /** What the change does to the network, in a sentence. The step's measurements follow it. */
  readonly mechanism: string;
  /** The run of this step, with seed 1. */
  readonly configuration: RunConfiguration;
}

/** The way from a faulty run to the correct one, one change at a time; each step keeps all before. */
export interface Ablation {
  /** What the table of the steps is called. */
  readonly name: string;
  /** The steps, the paper's run first. */
  readonly steps: readonly AblationStep[];
}

/** One ablation from each system's run in the paper's code, and one from Table I taken literally. */
export type AblationName = SystemName | "text";

type Change = readonly [change: string, mechanism: string, difference: Partial<RunConfiguration>];

function ablation(
  name: string,
  [change, mechanism]: readonly [string, string],
  first: RunSettings,
  changes: readonly Change[],
): Ablation {
  let configuration = runConfiguration(first);
  const steps: AblationStep[] = [{ change, mechanism, configuration }];
  for (const [change, mechanism, difference] of changes) {
    configuration = runConfiguration({ ...configuration, ...difference });
    steps.push({ change, mechanism, configuration });
  }
  return { name, steps };
}

/**
 * The corrected run in a system's place. The hand-written system computes it, from the starting
 * weights of the system that it stands for.
 */
export function correctedRun(architecture: Architecture, standsFor: SystemName): RunConfiguration {
  return runConfiguration({ ...inPlaceOf(architecture, standsFor), ...recipes.corrected });
}

/** Table I taken literally, in a system's place; computed like `correctedRun`. */
export function paperTextRun(architecture: Architecture, standsFor: SystemName): RunConfiguration {
  return runConfiguration({ ...inPlaceOf(architecture, standsFor), ...recipes.paperText });
}

function inPlaceOf(architecture: Architecture, standsFor: SystemName): RunSettings {
  const start = { numpy: "lecun", torch: "pytorch", keras: "keras" } as const;
  return { architecture, system: "numpy", standsFor, start: start[standsFor] };
}

/**
 * The ablations of the three systems and of Table I. The numpy one has 200 batches an epoch, as the
 * paper's code had, however many images there are.
 * @param trainImages how many there are
 */
export function ablations(
  architecture: Architecture,
  trainImages: number,
): Readonly<Record<AblationName, Ablation>> {
  return {
    numpy: numpyAblation(architecture, trainImages),
    torch: torchAblation(architecture),
    keras: ablation(
      "LeNet5 TF",
      [
        "the paper's code",
        "raw pixels saturate the first tanh, but loss, order and learning rate are right, and the " +
        "layers above still see differences between images",
      ],
      { ...correctedRun(architecture, "keras"), pixels: "raw" },
      [[
        "pixels standardised",
        "the units of the first layer leave the flat ends of tanh, so the filters get a gradient",
        { pixels: "standardised" },
      ]],
    ),
    text: ablation(
      "Table I of the paper, taken literally",
      [
        "learning rate 0.01 on raw pixels",
        "steps of 0.01 on inputs from 0 to 255 drive the units to the flat ends of tanh, where no " +
        "gradient passes",
      ],
      paperTextRun(architecture, "torch"),
      [
        [
          "pixels standardised",
          "the same steps change the units' sums about a hundred times less",
          { pixels: "standardised" },
        ],
        [
          "learning rate 1e-3",
          "the steps are ten times smaller",
          { optimizer: { kind: "adam", learningRate: 1e-3 } },
        ],
      ],
    ),
  };
}

function numpyAblation(architecture: Architecture, trainImages: number): Ablation {
  const { input } = architecture;
  const batchSize = Math.ceil(trainImages / 200);
  return ablation(
    "LeNet5 Numpy",
    [
      "the paper's code",
      "filters from U(0, 1) over raw pixels drive every sigmoid to 1, so all images look alike to " +
      "the dense layers",
    ],
    {
      system: "numpy",
      architecture: lenet5(countClasses(architecture), {
        ...{ input, convActivation: "sigmoid", denseActivation: "relu" },
      }),
      start: "saturating",
      pixels: "raw",
      // the code summed the gradient over the batch where ours is its mean
      optimizer: { kind: "sgd", momentum: 0.8, learningRate: 1e-4 * batchSize },
      epochs: 1,
      batchSize,
      faults: ["frozen filters", "dense layers move twice"],
    },
    [
      [
        "each dense layer moved once a step",
        "the steps are smaller, but the dense layers still see the same features for every image",
        { faults: ["frozen filters"] },
      ],
      [
        "filters learn",
        "the filters' gradient is no longer thrown away, but a sigmoid at 1 passes none on",
        { faults: [] },
      ],
      [
        "pixels standardised",
        "the sums become a hundred times smaller and take both signs, so the features begin to " +
        "differ from image to image",
        { pixels: "standardised" },
      ],
      [
        "start scaled to the fan-in",
        "inputs of unit variance give outputs of unit variance, so the units leave their flat ends",
        { start: "lecun" },
      ],
      [
        "tanh throughout, as in the text",
        "outputs lie around zero, and the slope is four times a sigmoid's",
        { architecture },
      ],
      [
        "Adam at 1e-3, batches of 256",
        "every weight gets steps of a size of its own",
        { optimizer: { kind: "adam", learningRate: 1e-3 }, batchSize: 256 },
      ],
      ["ten epochs, as in Table I", "there are ten times as many steps", { epochs: 10 }],
    ],
  );
}

function torchAblation(architecture: Architecture): Ablation {
  return ablation(
    "LeNet5 Torch",
    [
      "the paper's code",
      "with its arguments swapped the loss is linear in the logits, and its gradient depends on the " +
      "label only: the logits run to −∞ together",
    ],
    {
      system: "torch",
      architecture,
      start: "pytorch",
      pixels: "raw",
      order: "by class",
      optimizer: { kind: "adam", learningRate: 1e-4 },
      epochs: 1,
      faults: ["swapped loss arguments"],
    },
    [
      [
        "arguments of the loss in order",
        "now the loss has a minimum, but images sorted by class teach one class after the other",
        { system: "numpy", standsFor: "torch", faults: [] },
      ],
      ["shuffled", "every batch shows many classes", { order: "shuffled" }],
      ["pixels standardised", "the tanh units are driven less far", { pixels: "standardised" }],
      [
        "learning rate 1e-3, not 1e-4",
        "the same number of steps goes ten times as far",
        { optimizer: { kind: "adam", learningRate: 1e-3 } },
      ],
      ["ten epochs, as in Table I", "there are ten times as many steps", { epochs: 10 }],
    ],
  );
}
