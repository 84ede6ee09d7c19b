import type { OptimizerOptions } from "../../model/training_step.ts";
import { type Backend, withBackend } from "../../backend/choose_backend.ts";
import { defaultBackend } from "../../backend/default_backend.ts";
import { withCleanTape } from "../../backend/clean_tape.ts";
import { oneHot } from "../../backend/one_hot.ts";
import { FusedMomentum } from "../../backend/fused_optimizers.ts";
import { copyOfNumbers } from "../../backend/tensor_arrays.ts";
import * as tf from "../../backend/tf.ts";
import type { Batch } from "../../pixels/pixels.ts";
import { type Architecture, countClasses } from "../../model/architecture.ts";
import { CheckedSystem } from "../checked_system.ts";
import type { Batches, FitOptions, History } from "../system.ts";
import { TrainingProgress } from "../training_progress.ts";
import type { Weights } from "../../model/weights.ts";
import { KerasAdam } from "./adam.ts";
import { acc, labelLoss } from "./label_loss.ts";
import { aimsOf, compiledLoss } from "./own_loss.ts";
import { kerasOptimizerState, restoreKerasOptimizer } from "./keras_optimizer_state.ts";
import { fromKeras, toKeras } from "./keras_weights.ts";
import { applyStack } from "./apply_stack.ts";
import { type CompiledModel, stackStep, type TrainStep } from "./stack_step.ts";
import { SeededDropout } from "./seeded_dropout.ts";
import { buildModel, takeModel } from "./sequential_model.ts";

/** How the Keras-style system is made. */
export interface KerasOptions {
  /** Of the starting weights; default 0. */
  readonly seed?: number;
  /**
   * The model to train; default: the one that the architecture describes. Its last layer must be a softmax
   * of its own. Its weights start anew.
   */
  readonly model?: tf.Sequential;
  /** What computes; default: see `chooseBackend`. */
  readonly backend?: Backend;
}

/** The paper's "LeNet5 TF": `Sequential`, `compile`, `fit`, `predict`. */
export class KerasSystem extends CheckedSystem {
  override readonly name = "keras";
  /** The model that is trained. */
  readonly model: tf.Sequential;
  /** What computes. */
  readonly backend: Backend;
  /** The same layers without the softmax. */
  readonly #logits: tf.LayersModel;

  /** @throws RangeError naming what the model has and the architecture lacks, or the other way */
  constructor(architecture: Architecture, options: KerasOptions = {}) {
    super(architecture);
    this.backend = options.backend ?? defaultBackend;
    this.model = this.#run(() => {
      const own = buildModel(architecture, options.seed ?? 0);
      return options.model ? takeModel(options.model, own) : own;
    });
    // the layer before the softmax
    const output = this.model.layers.at(-2)!.output as tf.SymbolicTensor;
    this.#logits = this.#run(() => tf.model({ inputs: this.model.inputs, outputs: output }));
  }

  override get runsOn(): string {
    return this.backend.runsOn;
  }

  #run<T>(work: () => T): T {
    return withBackend(this.backend, work);
  }

  protected override async train(train: Batches, options: FitOptions): Promise<History> {
    const { architecture, model } = this, classes = countClasses(architecture);
    // checks what the training is to go on from, before there are tensors that its error would leave behind
    const progress = new TrainingProgress(
      this,
      train,
      options,
      () => kerasOptimizerState(architecture, model, rule),
    );
    const rule = this.#run(() => kerasOptimizer(options.optimizer));
    // smoothed targets and those of a teacher are rows, plain ones labels
    const asRows = Boolean(options.labelSmoothing) || train.softTargets === true;
    // a loss of one's own takes logits: the same layers without the softmax are trained
    const trained = options.loss ? this.#logits : model;
    const own = options.loss && compiledLoss(options.loss, classes, options.labelSmoothing);
    this.#run(() =>
      trained.compile({
        optimizer: rule,
        // labels: Keras's sparseCategoricalCrossentropy and accuracy
        loss: own?.loss ?? (asRows ? "categoricalCrossentropy" : labelLoss),
        metrics: [own?.acc ?? (asRows ? "accuracy" : acc)],
      })
    );
    let failure: { readonly error: unknown } | undefined;
    const fail = (error: unknown) => {
      failure ??= { error };
      trained.stopTraining = true;
    };
    const isShort = !own && !asRows;
    this.#stepOnBackend(
      trained,
      fail,
      (inner) => isShort ? stackStep(model, inner, rule, acc) : undefined,
    );
    const stop = () => progress.isStopped && (trained.stopTraining = true);
    try {
      for (const layer of model.layers) {
        if (layer instanceof SeededDropout) layer.step = progress.position;
      }
      const state = options.resume?.optimizer ?? options.optimizerState;
      if (state) this.#run(() => restoreKerasOptimizer(architecture, model, rule, state));
      const checked = await progress.begin();
      if (progress.isOver) return await progress.end();
      const tensors = (batch: Batch) => {
        // the schedule is asked before there are tensors that its error would leave behind
        rule.setLearningRate(progress.settings.learningRate);
        return this.#tensors(batch, options.labelSmoothing ?? 0, asRows, own !== undefined);
      };
      const batches = tf.data.generator(async function* () {
        try {
          for await (const batch of checked) yield tensors(batch);
        } catch (error) {
          fail(error);
        }
      }) as tf.data.Dataset<tf.TensorContainer>;
      // fitDataset frees its tensors only if it comes to its end, so nothing may fail within it
      const guarded = async (work: () => Promise<void>) => {
        if (!failure) await work().then(stop).catch(fail);
      };
      // fit's own shuffling cannot be seeded: the loader reshuffles each time it is gone through
      await trained.fitDataset(batches, {
        epochs: options.epochs,
        initialEpoch: progress.epoch - 1,
        verbose: 0,
        callbacks: {
          onEpochBegin: () => progress.beginEpoch(),
          onBatchEnd: (_batch, logs) => {
            const { size = 0, loss = NaN, acc = NaN } = logs ?? {};
            return guarded(() => progress.add(size, loss * size, acc * size));
          },
          onEpochEnd: () =>
            guarded(async () => {
              if (!progress.isStopped) await progress.finishEpoch();
            }),
        },
      });
      if (failure) throw (failure as { readonly error: unknown }).error;
    } finally {
      this.#run(() => rule.dispose());
    }
    return await progress.end();
  }

  /**
   * `fitDataset` waits between its steps, and meanwhile another system may make its backend the current one; so
   * each step, which is one function of the compiled model, chooses this system's own.
   * @param fail told of the error of a step, which then answers with numbers that nobody looks at
   * @param makeShort makes a step that is shorter than tfjs's own, if there is one
   */
  #stepOnBackend(
    trained: tf.LayersModel,
    fail: (error: unknown) => void,
    makeShort: (model: CompiledModel) => TrainStep | undefined,
  ): void {
    interface Compiled extends CompiledModel {
      makeTrainFunction(): TrainStep;
    }
    // a Sequential leaves its training to a model inside
    const model = ((trained as { model?: object }).model ?? trained) as Compiled;
    delete (model as Partial<Compiled>).makeTrainFunction; // that of an earlier training
    const make = model.makeTrainFunction;
    model.makeTrainFunction = () => {
      const step = makeShort(model) ?? make.call(model);
      return (data) =>
        this.#run(() => {
          try {
            return withCleanTape(() => step(data));
          } catch (error) {
            fail(error);
            return [tf.scalar(NaN), tf.scalar(NaN)]; // loss and accuracy
          }
        });
    };
  }

  #tensors(
    batch: Batch,
    smoothing: number,
    asRows: boolean,
    hasOwnLoss: boolean,
  ): { xs: tf.Tensor; ys: tf.Tensor } {
    const classes = countClasses(this.architecture);
    const { images, labels, size, targets } = batch;
    return this.#run(() => {
      const rows = () =>
        targets
          ? tf.tensor2d(targets, [size, classes])
          : oneHot(tf.tensor1d(labels, "int32"), classes);
      const ys = hasOwnLoss
        ? tf.tidy(() => aimsOf(batch, classes))
        : asRows
        ? tf.tidy(() => tf.add(tf.mul(rows(), 1 - smoothing), smoothing / classes))
        : tf.tensor2d(labels, [size, 1], "float32");
      return { xs: this.#images(images, size), ys };
    });
  }

  protected override async infer(images: Float32Array, count: number): Promise<Float32Array> {
    const layers = this.model.layers.slice(0, -1); // all but the softmax
    const logits = this.#run(() =>
      tf.tidy(() => {
        const input = this.#images(images, count);
        return applyStack(layers, input) ?? this.#logits.predictOnBatch(input) as tf.Tensor;
      })
    );
    const data = await this.#run(() => copyOfNumbers(logits));
    logits.dispose();
    return data;
  }

  /** (N, channels, height, width) → (N, height, width, channels). */
  #images(images: Float32Array, count: number): tf.Tensor4D {
    const { channels, height, width } = this.architecture.input;
    const length = count * channels * height * width;
    const given = images.subarray(0, length);
    if (channels === 1) return tf.tensor4d(given, [count, height, width, 1]);
    return tf.tidy(() =>
      tf.transpose(tf.tensor4d(given, [count, channels, height, width]), [0, 2, 3, 1])
    );
  }

  protected override async readWeights(): Promise<Weights> {
    const copies = this.#run(() =>
      this.model.getWeights().map(async (tensor) => ({
        shape: tensor.shape,
        data: await copyOfNumbers(tensor),
      }))
    );
    const arrays = await Promise.all(copies);
    return fromKeras(this.architecture, arrays);
  }

  // deno-lint-ignore require-await
  protected override async writeWeights(weights: Weights): Promise<void> {
    this.#run(() => {
      const tensors = toKeras(this.architecture, weights)
        .map(({ shape, data }) => tf.tensor(data, [...shape]));
      this.model.setWeights(tensors);
      tf.dispose(tensors);
    });
  }

  protected override free(): void {
    this.#run(() => this.model.dispose());
  }
}

function kerasOptimizer(options: OptimizerOptions): KerasAdam | FusedMomentum {
  return options.kind === "adam"
    ? new KerasAdam(options.learningRate, options.weightDecay)
    : new FusedMomentum(options.learningRate, options.momentum);
}
