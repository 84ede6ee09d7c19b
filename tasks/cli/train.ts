import { basename } from "node:path";
import type { Command } from "commander";
import { classifierPreprocessing } from "../../lib/classifier/classifier_model.ts";
import { saveClassifier } from "../../lib/classifier/classifier_file.ts";
import { activations, countParameters, lenet5 } from "../../lib/model/architecture.ts";
import type { OptimizerOptions } from "../../lib/model/training_step.ts";
import { loadPixels } from "../../lib/pixels/load_pixels.ts";
import { progress } from "../../lib/report/progress_bar.ts";
import { Checkpoint } from "../../lib/runs/checkpoint.ts";
import { classifierOf } from "../../lib/runs/classifier_of.ts";
import { type Recipe, recipes } from "../../lib/runs/recipes.ts";
import { trainRun } from "../../lib/runs/train_run.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { runKey } from "../../lib/runs/run_key.ts";
import { trainingCode } from "../../lib/runs/training_code.ts";
import { Stopped } from "../../lib/runs/stopped.ts";
import { earlyStopping } from "../../lib/systems/early_stopping.ts";
import type { EpochRecord, History } from "../../lib/systems/system.ts";
import { sha256 } from "../../lib/util/files.ts";
import { SetupError } from "../run.ts";
import type { OnProgress } from "../../lib/util/progress.ts";
import { applyCompute, openData, outputPath } from "./files.ts";
import {
  addComputeOptions,
  addDataOptions,
  addOutputOptions,
  choice,
  type ComputeOptions,
  type DataOptions,
  type OutputOptions,
  real,
  whole,
} from "./options.ts";
import { byteCount, print, shares, shareText } from "./output.ts";

/** What `train` is told. */
interface TrainOptions extends DataOptions, ComputeOptions, OutputOptions {
  readonly recipe: keyof typeof recipes;
  readonly epochs?: number;
  readonly patience?: number;
  readonly batch?: number;
  readonly optimizer?: "adam" | "sgd";
  readonly learningRate?: number;
  readonly weightDecay?: number;
  readonly momentum?: number;
  readonly schedule?: "one-cycle" | "constant";
  readonly labelSmoothing?: number;
  readonly averaging?: number;
  readonly shift?: number;
  readonly mirror?: boolean;
  readonly start?: "lecun" | "pytorch" | "keras" | "own";
  readonly activation: "tanh" | "sigmoid" | "relu";
  readonly seed: number;
  readonly size: number;
  readonly filter: "opencv" | "antialiased";
  readonly framing: "squash" | "crop";
  readonly decoder: "exact" | "fast";
  readonly colour?: boolean;
}

/** Weights, gradients and what Adam remembers of each must fit into 2 GiB beside a batch. */
const MOST_PARAMETERS = 50_000_000;

export function addTrain(program: Command): void {
  const command = program.command("train")
    .description(
      "Trains LeNet-5 on a folder of images, and writes a classifier. A training that was interrupted " +
        "goes on when it is started again with the same options.",
    );
  addOutputOptions(command, "the classifier's file: one safetensors file with all that it needs");
  addDataOptions(command);
  addComputeOptions(command, "numpy")
    .addOption(
      choice("--recipe <name>", "where the options below begin", Object.keys(recipes))
        .default("corrected"),
    )
    .option("--epochs <n>", "how often all training images are gone through", whole(1))
    .option(
      "--patience <n>",
      "stop after n epochs without a lower loss on the validation images, and keep the best weights",
      whole(1),
    )
    .option("--batch <n>", "images of a batch", whole(1))
    .addOption(choice("--optimizer <name>", "how the weights are changed", ["adam", "sgd"]))
    .option("--learning-rate <x>", "of the optimizer", real(0, Infinity, true))
    .option("--weight-decay <x>", "of adam", real(0))
    .option("--momentum <x>", "of sgd", real(0, 1))
    .addOption(choice("--schedule <name>", "of the learning rate", ["constant", "one-cycle"]))
    .option("--label-smoothing <x>", "part of each target spread over all classes", real(0, 1))
    .option("--averaging <x>", "keep a running mean of the weights: 0.999, say", real(0, 1))
    .option("--shift <n>", "move training images by up to n pixels", whole(0))
    .option("--mirror", "mirror half of the training images")
    .option("--no-mirror", "mirror none, whatever the recipe says")
    .addOption(
      choice("--start <name>", "the starting weights", ["own", "lecun", "pytorch", "keras"]),
    )
    .addOption(choice("--activation <name>", "after each layer", activations).default("tanh"))
    .option("--seed <n>", "of the starting weights and the order of the images", whole(0), 1)
    .option("--size <n>", "pixels of a side that the network sees", whole(1), 32)
    .addOption(
      choice("--filter <name>", "how images are made smaller", ["opencv", "antialiased"])
        .default("opencv"),
    )
    .addOption(
      choice("--framing <name>", "what becomes of other proportions", ["squash", "crop"])
        .default("squash"),
    )
    .addOption(
      choice("--decoder <name>", "how JPEGs are decoded", ["exact", "fast"]).default("exact"),
    )
    .option("--colour", "keep red, green and blue")
    .action(train);
}

async function train(options: TrainOptions): Promise<void> {
  const out = await outputPath(options);
  applyCompute(options);
  const { system = "numpy", backend, activation, size, seed } = options;
  const { filter, framing, decoder, colour = false } = options;
  const preprocessing = classifierPreprocessing({
    width: size,
    height: size,
    filter,
    framing,
    decoder,
    colour,
  });
  const dataset = await openData(options);
  const architecture = lenet5(dataset.classes.length, {
    input: { channels: colour ? 3 : 1, height: size, width: size },
    convActivation: activation,
    denseActivation: activation,
  });
  const parameters = countParameters(architecture);
  if (parameters > MOST_PARAMETERS) {
    throw new SetupError(
      `images of ${size} × ${size} need ${parameters.toLocaleString("en")} weights, ` +
        "more than the " +
        `${MOST_PARAMETERS.toLocaleString("en")} that can be trained; choose a smaller --size`,
    );
  }
  const configuration = runConfiguration({
    system,
    architecture,
    seed,
    ...settings(options),
    ...backend && { backend },
  });
  const data = await loadPixels(dataset, preprocessing, {
    onProgress: progress("Preprocessing", "images"),
  });
  const { patience } = options;
  const checkpoint = new Checkpoint(`${out}.checkpoint`, {
    key: await sha256(JSON.stringify([await runKey(configuration, data), patience ?? null])),
    code: await trainingCode(),
  });
  using interrupt = new Interrupt();
  const run = await trainRun(configuration, data, {
    checkpoint,
    signal: interrupt.signal,
    ...patience && {
      callbacks: [earlyStopping({ monitor: "val.loss", patience, restoreBest: true })],
    },
    onProgress: interrupt.heardDuring(progress(`Training ${system}`, "images")),
    onEpoch: ({ epoch, loss, val }) =>
      console.error(
        `epoch ${epoch} of ${configuration.epochs}: loss ${loss.toFixed(3)}` +
          (val ? `, validation top-1 ${val.top1.toFixed(3)}, top-5 ${val.top5.toFixed(3)}` : ""),
      ),
  });
  if (run.stopped) {
    throw new Stopped(
      `stopped after ${run.history.length} of ${configuration.epochs} epochs. The same command goes on ` +
        `from ${basename(checkpoint.path)}.`,
    );
  }
  const notes = {
    data: dataset.name,
    ...dataset.synthetic && { images: "synthetic" },
  };
  await saveClassifier(out, classifierOf(run, dataset.classes, preprocessing, notes));
  await checkpoint.remove();
  const bytes = (await Deno.stat(out)).size;
  const { epoch, loss, val } = patience ? bestEpoch(run.history) : run.history.at(-1)!;
  const validation = val && { images: val.images, loss: val.loss, ...shares(val) };
  print(options.json, {
    model: out,
    bytes,
    classes: dataset.classes.length,
    data: dataset.name,
    configuration,
    epoch,
    trainingLoss: loss,
    validation,
    seconds: run.seconds,
  }, [
    `${options.out}: ${byteCount(bytes)}, ${dataset.classes.length} classes of ${dataset.name}` +
    (dataset.synthetic ? " (synthetic images)" : ""),
    ...patience
      ? [`weights of epoch ${epoch}; the training ended after epoch ${run.history.length}`]
      : [],
    ...validation
      ? [
        `on ${validation.images} validation images (95 % intervals): ` +
        `${shareText("top-1", validation.top1)}, ${shareText("top-5", validation.top5)}`,
      ]
      : [],
  ]);
}

/** The epoch whose weights early stopping has kept: the first of the lowest loss on the validation images. */
function bestEpoch(history: History): EpochRecord {
  const lossOf = ({ val }: EpochRecord) => val && Number.isFinite(val.loss) ? val.loss : Infinity;
  return history.reduce((best, record) => lossOf(record) < lossOf(best) ? record : best);
}

/** Ctrl-C as a signal: the first one stops the training after the batch at hand, a second one ends the process. */
class Interrupt implements Disposable {
  readonly #controller = new AbortController();
  readonly #listen = () => {
    this[Symbol.dispose]();
    this.#controller.abort();
  };

  constructor() {
    Deno.addSignalListener("SIGINT", this.#listen);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** A training awaits no timer and no file, so that no signal would be heard without such a pause in it. */
  heardDuring(told: OnProgress): OnProgress {
    let last = performance.now();
    return async (...counts) => {
      if (performance.now() - last > 100) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        last = performance.now();
      }
      await told(...counts);
    };
  }

  [Symbol.dispose](): void {
    Deno.removeSignalListener("SIGINT", this.#listen);
  }
}

/** The recipe, changed by the options that were given. */
function settings(options: TrainOptions): Recipe {
  const recipe: Recipe = recipes[options.recipe];
  const { epochs, batch, schedule, labelSmoothing, averaging, start, shift, mirror } = options;
  const { schedule: ofRecipe, views: _, augmentation, ...rest } = recipe;
  const augmented = {
    ...augmentation,
    ...shift !== undefined && { shift },
    ...mirror !== undefined && { mirror },
  };
  const chosen = schedule ?? ofRecipe;
  return {
    ...rest,
    optimizer: optimizerOf(options, recipe.optimizer!),
    ...epochs && { epochs },
    ...batch && { batchSize: batch },
    ...chosen === "one-cycle" && { schedule: chosen },
    ...labelSmoothing !== undefined && { labelSmoothing },
    ...averaging !== undefined && { averaging },
    ...start && { start },
    ...Object.keys(augmented).length > 0 && { augmentation: augmented },
  };
}

/** @throws RangeError if an option belongs to the other optimizer */
function optimizerOf(options: TrainOptions, ofRecipe: OptimizerOptions): OptimizerOptions {
  const { optimizer = ofRecipe.kind, learningRate, weightDecay, momentum } = options;
  const other = optimizer === "adam" ? momentum !== undefined : weightDecay !== undefined;
  if (other) {
    throw new RangeError(
      optimizer === "adam"
        ? "--momentum is for --optimizer sgd; adam has none to choose"
        : "--weight-decay is for --optimizer adam",
    );
  }
  const rate = learningRate ?? (optimizer === "adam" ? ofRecipe.learningRate : 0.01);
  if (optimizer === "sgd") return { kind: "sgd", learningRate: rate, momentum: momentum ?? 0.9 };
  const decay = weightDecay ?? (ofRecipe.kind === "adam" ? ofRecipe.weightDecay : undefined);
  return { kind: "adam", learningRate: rate, ...decay !== undefined && { weightDecay: decay } };
}
