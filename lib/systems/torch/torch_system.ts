import type { StepResult } from "../../model/training_step.ts";
import { type Backend, withBackend } from "../../backend/choose_backend.ts";
import { defaultBackend } from "../../backend/default_backend.ts";
import { withCleanTape } from "../../backend/clean_tape.ts";
import { functionLoss } from "../../backend/function_loss.ts";
import { copyOfNumbers } from "../../backend/tensor_arrays.ts";
import * as tf from "../../backend/tf.ts";
import type { Batch } from "../../pixels/pixels.ts";
import { type Architecture, countClasses } from "../../model/architecture.ts";
import { initialWeights } from "../../model/initial_weights.ts";
import { CheckedSystem } from "../checked_system.ts";
import { trainingLoop } from "../loop.ts";
import type { Batches, FitOptions, History } from "../system.ts";
import type { Weights } from "../../model/weights.ts";
import { Module, type Parameter } from "./module.ts";
import { Dropout } from "./torch_layers.ts";
import {
  backward,
  countCorrect,
  type Criterion,
  CrossEntropyLoss,
  oneHotRows,
} from "./cross_entropy_loss.ts";
import { buildModule } from "./build_module.ts";
import { Optimizer } from "./torch_optimizer.ts";

/** How the PyTorch-style system is made. */
export interface TorchOptions {
  /** Of the starting weights; default 0. */
  readonly seed?: number;
  /** What the loss is given; the paper uses one-hot rows. Same result. Default `one-hot`. */
  readonly labels?: "one-hot" | "integer";
  /** Computes the batch's loss instead of `CrossEntropyLoss`. */
  readonly criterion?: Criterion;
  /** The module to train; default: the one that the architecture describes. Its weights start anew. */
  readonly model?: Module;
  /** What computes; default: see `chooseBackend`. */
  readonly backend?: Backend;
}

/** The paper's "LeNet5 Torch": modules, a loss, an optimizer and an explicit loop. */
export class TorchSystem extends CheckedSystem {
  override readonly name = "torch";
  /** The module that is trained. */
  readonly model: Module;
  /** What computes. */
  readonly backend: Backend;
  readonly #classes: number;
  readonly #oneHot: boolean;
  readonly #criterion: Criterion | undefined;

  /** @throws RangeError naming a parameter that the module has and the architecture lacks, or the other way */
  constructor(architecture: Architecture, options: TorchOptions = {}) {
    super(architecture);
    if (options.model !== undefined && !(options.model instanceof Module)) {
      throw new RangeError("the model of the torch system must be a Module");
    }
    this.#classes = countClasses(architecture);
    this.#criterion = options.criterion;
    this.#oneHot = options.labels !== "integer";
    this.backend = options.backend ?? defaultBackend;
    const weights = initialWeights(architecture, "pytorch", options.seed ?? 0);
    this.model = withBackend(this.backend, () => {
      const model = options.model ?? buildModule(architecture, options.seed);
      model.loadStateDict(weights);
      return model;
    });
  }

  override get runsOn(): string {
    return this.backend.runsOn;
  }

  /**
   * Computes with tensors on this system's backend, and frees afterwards those that are not returned. `work`
   * must not be asynchronous.
   */
  tidy<T extends tf.TensorContainer>(work: () => T): T {
    return withBackend(this.backend, () => tf.tidy(work));
  }

  protected override async train(train: Batches, options: FitOptions): Promise<History> {
    if (options.loss && this.#criterion) {
      throw new RangeError("this torch system has a criterion of its own; leave out loss");
    }
    const criterion = this.#criterion ?? new CrossEntropyLoss(options.labelSmoothing);
    const lossOf = (logits: tf.Tensor, target: tf.Tensor, batch: Batch): tf.Scalar =>
      options.loss
        ? functionLoss(options.loss, batch, logits, this.#classes, options.labelSmoothing)
        : criterion.forward(logits, target);
    const named = [...this.model.namedParameters()];
    const [names, parameters] = [named.map(([name]) => name), named.map(([, held]) => held)];
    const optimizer = withBackend(
      this.backend,
      () => new Optimizer(parameters, options.optimizer, names),
    );
    try {
      return await trainingLoop(this, train, options, {
        begin: (state, position) => {
          for (const module of this.model.allModules()) {
            if (module instanceof Dropout) module.step = position;
          }
          if (state) withBackend(this.backend, () => optimizer.loadStateDict(state));
        },
        step: (batch, { learningRate }) =>
          withBackend(this.backend, () => {
            optimizer.learningRate = learningRate;
            optimizer.zeroGrad();
            const result = this.#forwardBackward(lossOf, batch, parameters);
            optimizer.step();
            return result;
          }),
        optimizerState: () => optimizer.stateDict(),
      });
    } finally {
      withBackend(this.backend, () => {
        optimizer.zeroGrad();
        optimizer.dispose();
      });
    }
  }

  #forwardBackward(
    lossOf: (logits: tf.Tensor, target: tf.Tensor, batch: Batch) => tf.Scalar,
    batch: Batch,
    parameters: readonly Parameter[],
  ): StepResult {
    return tf.tidy(() => {
      const images = this.#images(batch.images, batch.size);
      const labels = tf.tensor1d(batch.labels, "int32");
      const target = batch.targets
        ? tf.tensor2d(batch.targets, [batch.size, this.#classes])
        : this.#oneHot
        ? oneHotRows(labels, this.#classes)
        : labels;
      let logits: tf.Tensor | undefined;
      this.model.train();
      try {
        const loss = withCleanTape(() =>
          backward(this.model, () => {
            logits = tf.keep(this.model.forward(images));
            return lossOf(logits, target, batch);
          }, parameters)
        );
        const hits = countCorrect(logits!, labels);
        return { loss: loss.dataSync()[0]! * batch.size, correct: hits };
      } finally {
        this.model.eval(); // predict may be called between two steps, and after one that failed
        logits?.dispose();
      }
    });
  }

  protected override async infer(images: Float32Array, count: number): Promise<Float32Array> {
    const logits = withBackend(
      this.backend,
      () => tf.tidy(() => this.model.forward(this.#images(images, count))),
    );
    const data = await withBackend(this.backend, () => copyOfNumbers(logits));
    logits.dispose();
    return data;
  }

  #images(images: Float32Array, count: number): tf.Tensor4D {
    const { channels, height, width } = this.architecture.input;
    const length = count * channels * height * width;
    return tf.tensor4d(images.subarray(0, length), [count, channels, height, width]);
  }

  protected override async readWeights(): Promise<Weights> {
    return await withBackend(this.backend, () => this.model.stateDict());
  }

  // deno-lint-ignore require-await
  protected override async writeWeights(weights: Weights): Promise<void> {
    withBackend(this.backend, () => this.model.loadStateDict(weights));
  }

  protected override free(): void {
    withBackend(this.backend, () => this.model.dispose());
  }
}
