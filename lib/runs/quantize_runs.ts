import { calibrate, type Calibration } from "../compression/quantization/calibrate.ts";
import { fakeQuantize } from "../compression/quantization/quantized_training.ts";
import { pruneStructured } from "../compression/structured.ts";
import { kernelAmounts } from "../compression/pruning_amounts.ts";
import type { Architecture } from "../model/architecture.ts";
import type { Weights } from "../model/weights.ts";
import { JoinedProgress, type OnProgress } from "../util/progress.ts";
import { asFamilyOfNetworks } from "./comparison.ts";
import { defaultFineTune, type FineTuneOptions, longFineTune, moreEpochs } from "./finetuning.ts";
import type { Experiment } from "./experiment.ts";
import { finetuneQuantized, furtherTraining, trainFurther } from "./further_trainings.ts";
import { firstBatches } from "./first_batches.ts";
import { type QuantizedResult, QuantizedResults } from "./quantized_results.ts";
import { batches, type Run, type RunData } from "./run.ts";
import { sideBySide } from "./side_by_side.ts";
import { untilStopped } from "./stopped.ts";

/** How the networks of `quantizeRun` are trained on. */
export interface QuantizationTraining {
  /** Quantization-aware training of the run's network, and of its control without rounding. */
  readonly aware: FineTuneOptions;
  /** Training after filters and units were removed, and of the dense network that is its control. */
  readonly pruned: FineTuneOptions;
}

/** How many networks `quantizeRun` returns. */
const NETWORKS = 11;

/**
 * A run's network in int8: after training, with quantization-aware fine-tuning, and with structured
 * pruning before it. Whatever is trained on has a control in the same list: the dense float32 network,
 * trained on for as many epochs in the same way. If the listener stops the work, the networks that are
 * finished are the result.
 * @param experiment of the same images; with it several trainings go on at a time, see `sideBySide`
 */
export async function quantizeRun(
  run: Run,
  data: RunData,
  training: QuantizationTraining = { aware: defaultFineTune, pruned: longFineTune },
  onProgress?: OnProgress,
  experiment?: Experiment,
): Promise<QuantizedResult[]> {
  const { configuration: { architecture }, weights } = run;
  const { aware: short, pruned: long } = training;
  const trainingUnits = 2 * short.epochs + 2 * long.epochs;
  const joined = new JoinedProgress(trainingUnits + NETWORKS, onProgress);
  const results = new QuantizedResults(run, data, joined);
  await untilStopped(results.list, async () => {
    await addUntrained(results);

    const small = pruneStructured(architecture, weights, kernelAmounts);
    const works = [
      furtherTraining(run, trainFurther, short, architecture, weights),
      furtherTraining(run, finetuneQuantized, short),
      furtherTraining(run, trainFurther, long, architecture, weights),
      furtherTraining(run, trainFurther, long, small.architecture, small.weights),
    ];
    const listeners = { onProgress: joined.part(trainingUnits) };
    const trained = await sideBySide(experiment ?? { data }, works, listeners);
    const [shortOn, aware, longOn, smallOn] = trained as [Weights, Weights, Weights, Weights];

    const shortName = `float32, ${moreEpochs(short.epochs)}`;
    const ofShort = { architecture, moreEpochs: short.epochs };
    await results.addFloat({ ...ofShort, name: shortName, weights: shortOn });
    const int8 = { ...ofShort, name: "int8, quantization-aware", weights: aware };
    // only the ranges: this network has learned with weights that are rounded to the nearest number
    const { ranges } = await calibrateRun(run, data, architecture, aware);
    await results.addInt8({ ...int8, control: shortName }, { ranges });

    const longName = controlOfPruning(training), longer = moreEpochs(long.epochs);
    const dense = { architecture, weights: longOn, moreEpochs: long.epochs };
    await results.addFloat({ ...dense, name: longName });
    await results.addInt8(
      { ...dense, name: `int8, per channel, ${longer}`, control: longName },
      await calibrateRun(run, data, architecture, longOn),
    );
    const pruned = {
      architecture: small.architecture,
      weights: smallOn,
      moreEpochs: long.epochs,
      control: longName,
    };
    await results.addFloat({ ...pruned, name: `structured pruning, ${longer}` });
    await results.addInt8(
      { ...pruned, name: "both: structured pruning and int8" },
      await calibrateRun(run, data, small.architecture, smallOn),
    );
  });
  return asFamilyOfNetworks(results.list);
}

/** The networks that need no further training. */
async function addUntrained(results: QuantizedResults): Promise<void> {
  const { run, data } = results;
  const { configuration: { architecture }, weights } = run;
  const dense = "float32", network = { architecture, weights, moreEpochs: 0 };
  await results.addFloat({ ...network, name: dense });
  // as the paper's text says: numbers rounded to what int8 could hold, all computed and stored in float32
  await results.addFloat({
    ...network,
    name: "fake-quantized: float32 inside",
    weights: fakeQuantize(weights, "channel"),
    control: dense,
  });
  const calibration = await calibrateRun(run, data, architecture, weights);
  const { ranges } = calibration;
  const compared = (name: string) => ({ ...network, name, control: dense });
  await results.addInt8(compared("int8, per tensor"), calibration, "tensor");
  await results.addInt8(
    compared("int8, per channel, each weight rounded to the nearest"),
    { ranges },
  );
  await results.addInt8(compared("int8, per channel"), calibration);
}

/** Name of the dense network that trained as long as the pruned one. It is the name of no other network. */
function controlOfPruning({ aware, pruned }: QuantizationTraining): string {
  const name = `float32, ${moreEpochs(pruned.epochs)}`;
  if (pruned.augmentation) return `${name}, augmented`;
  return aware.epochs === pruned.epochs ? `${name} (control of pruning)` : name;
}

/** Calibrates on 512 training images of all classes. */
async function calibrateRun(
  run: Run,
  data: RunData,
  architecture: Architecture,
  weights: Weights,
): Promise<Calibration> {
  const { train } = data;
  const batchSize = Math.min(512, train.length);
  const some = batches(train, run.normalisation, { batchSize, seed: 1, shuffle: true });
  return await calibrate(architecture, weights, firstBatches(some, 1));
}
