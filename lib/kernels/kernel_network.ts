import type {
  BatchGradient,
  OptimizerOptions,
  OptimizerState,
  StepResult,
  StepSettings,
} from "../model/training_step.ts";
import { evaluateLoss, type LossFunction } from "../model/loss.ts";
import type { Batch } from "../pixels/pixels.ts";
import { exponentialSum } from "../util/log_sum_exp.ts";
import { type Architecture, parameterShapes } from "../model/architecture.ts";
import { checkTargets } from "../model/training_step.ts";
import { checkWeights, type Weights } from "../model/weights.ts";
import { ControlBlock } from "./control_block.ts";
import { ThreadJobs } from "./thread_jobs.ts";
import { ThreadPool } from "./thread_pool.ts";
import { compileKernels, instantiateKernels, type KernelBuild } from "./kernel_module.ts";
import { isTurbo } from "./kernel_platform.ts";
import { type BatchLayout, type Layout, layOut, layOutBatch, shardOf } from "./memory_layout.ts";
import { defaultThreads } from "./default_threads.ts";
import { checkThreads } from "./thread_count.ts";
import { fixedMemory } from "./fixed_memory.ts";
import { packWeights, unpackWeights } from "./pack_weights.ts";
import type { Plan } from "./kernel_plan.ts";
import type { WorkerData } from "./thread_worker.ts";

/** How the kernels are run. */
export interface KernelOptions {
  /** Threads, the calling one included; default: see `defaultThreads`. */
  readonly threads?: number;
  /** Default: `wide` in a process with the turbo flags, else `narrow`. The results are the same. */
  readonly build?: KernelBuild;
}

/** Bytes for batches at first: about 6,000 images of 32 × 32. */
const BATCH_ROOM = 2 ** 25;
/** Images that are inferred at a time. */
const PIECE = 1024;

/** A network that trains and infers on the SIMD kernels, on several threads. */
export class KernelNetwork {
  readonly name: string;
  readonly #architecture: Architecture;
  readonly #layout: Layout;
  readonly #classes: number;
  #memory: WebAssembly.Memory;
  readonly #build: KernelBuild;
  #threads: Promise<Threads> | undefined;
  /** The threads, once they have started on the memory of today. */
  #running: Threads | undefined;
  /** How often it was disposed of. */
  #disposals = 0;
  /** Whether the copy of the weights for single images is out of date. */
  #stale = true;
  #optimizer: { readonly options: OptimizerOptions; steps: number } | undefined;

  /** @throws RangeError if `threads` is not a whole number from 1 to `MOST_THREADS` */
  constructor(architecture: Architecture, plan: Plan, options: KernelOptions = {}) {
    const threads = options.threads ?? defaultThreads();
    checkThreads(threads);
    this.#architecture = architecture;
    this.#build = options.build ?? (isTurbo() ? "wide" : "narrow");
    this.name = `kernels (${this.#build}, ${threads} thread${threads > 1 ? "s" : ""})`;
    this.#layout = layOut(plan, threads);
    this.#classes = plan.denses.at(-1)!.units;
    this.#memory = fixedMemory(this.#layout.batch + BATCH_ROOM);
  }

  weights(): Weights {
    return unpackWeights(this.#memory, this.#layout, parameterShapes(this.#architecture));
  }

  setWeights(weights: Weights): void {
    checkWeights(this.#architecture, weights);
    packWeights(this.#memory, this.#layout, weights);
    this.#stale = true;
  }

  begin(options: OptimizerOptions, state?: OptimizerState): void {
    const { parameters, firstMoment, secondMoment, parameterFloats } = this.#layout;
    for (const at of [firstMoment, secondMoment]) {
      new Float32Array(this.#memory.buffer, at, parameterFloats).fill(0);
    }
    this.#optimizer = { options, steps: state?.steps ?? 0 };
    const write = (weights: Weights, at: number) =>
      packWeights(this.#memory, this.#layout, weights, at - parameters);
    if (state?.kind === "sgd") write(state.velocity, firstMoment);
    if (state?.kind === "adam") {
      write(state.mean, firstMoment);
      write(state.square, secondMoment);
    }
  }

  /** A copy of what the optimizer remembers. @throws Error before `begin` */
  optimizerState(): OptimizerState {
    if (this.#optimizer === undefined) {
      throw new Error("begin() was not called before optimizerState()");
    }
    const { options: { kind }, steps } = this.#optimizer;
    const { parameters, firstMoment, secondMoment } = this.#layout;
    const shapes = parameterShapes(this.#architecture);
    const read = (at: number) => unpackWeights(this.#memory, this.#layout, shapes, at - parameters);
    return kind === "adam"
      ? { kind, steps, mean: read(firstMoment), square: read(secondMoment) }
      : { kind, steps, velocity: read(firstMoment) };
  }

  async step(batch: Batch, settings?: StepSettings): Promise<StepResult> {
    const optimizer = this.#optimizer;
    if (optimizer === undefined) throw new Error("begin() was not called before step()");
    const { labelSmoothing = 0, loss } = settings ?? {};
    const result = loss
      ? await this.#ownLoss(batch, labelSmoothing, loss)
      : await this.#backward(batch, labelSmoothing);
    this.#stale = true;
    await this.#whenReady(batch.size, ({ pool }) =>
      pool.run(
        "update",
        updateArguments(optimizer.options, ++optimizer.steps, settings?.learningRate),
      ));
    return result;
  }

  async gradient(batch: Batch): Promise<BatchGradient> {
    const result = await this.#backward(batch, 0);
    const { gradients, gradientStride, parameters, parameterFloats, shards } = this.#layout;
    const shard = (i: number) =>
      new Float32Array(this.#memory.buffer, gradients + i * gradientStride, parameterFloats);
    const sum = shard(0); // the next step clears it
    for (let i = 1; i < shards; i++) {
      const more = shard(i);
      for (let at = 0; at < parameterFloats; at++) sum[at]! += more[at]!;
    }
    const shapes = parameterShapes(this.#architecture);
    return {
      ...result,
      gradients: unpackWeights(this.#memory, this.#layout, shapes, gradients - parameters),
    };
  }

  /**
   * Forward and backward with a loss that is a function. The kernels take the gradient (softmax − target) / size
   * of the logits, so they get the targets whose gradient is that of the function. It needs the logits first.
   */
  async #ownLoss(batch: Batch, smoothing: number, loss: LossFunction): Promise<StepResult> {
    const { size } = batch, classes = this.#classes;
    const logits = await this.logits(batch.images, size);
    const own = evaluateLoss(loss, batch, logits, classes, smoothing);
    const targets = new Float32Array(size * classes);
    for (let at = 0; at < targets.length; at += classes) {
      const row = logits.subarray(at, at + classes), { largest, sum } = exponentialSum(row);
      for (let c = 0; c < classes; c++) {
        targets[at + c] = Math.exp(row[c]! - largest) / sum - size * own.gradient[at + c]!;
      }
    }
    const { correct } = await this.#backward(batch, 0, targets);
    return { loss: own.loss * size, correct };
  }

  /** Forward and backward: leaves the gradient in the shards. */
  async #backward(
    batch: Batch,
    smoothing: number,
    targets: Float32Array | undefined = batch.targets,
  ): Promise<StepResult> {
    const { size, labels } = batch;
    const wrong = labels.find((label) => !(label >= 0 && label < this.#classes));
    if (wrong !== undefined) {
      throw new RangeError(`label ${wrong} is outside 0 to ${this.#classes - 1}`);
    }
    const bytes = this.#bytesOf(batch), { images, normalisation } = batch;
    this.#check(bytes ?? images, size);
    return await this.#whenReady(size, ({ pool, room }) => {
      new Int32Array(this.#memory.buffer, room.labels, size).set(labels);
      if (targets) this.#writeTargets(room, targets, size, smoothing);
      const write = (ofThread0: boolean) => {
        const { shards, threads } = this.#layout;
        for (let shard = 0; shard < shards; shard++) {
          if ((shard % threads === 0) !== ofThread0) continue;
          const part = shardOf(size, shard, shards);
          if (bytes) this.#writeBytes(room, bytes, part.first, part.size);
          else this.#writeImages(room, images, part.first, part.size);
        }
      };
      const toFloats = bytes && normalisation
        ? [1 / normalisation.std, -normalisation.mean / normalisation.std]
        : [0, 0];
      // the workers begin with their images while this thread writes its own
      write(false);
      const [loss, correct] = pool.run(
        "gradient",
        [size, this.#classes, targets ? -1 : smoothing, ...toFloats],
        () => write(true),
      );
      return { loss, correct };
    });
  }

  async logits(images: Float32Array, count: number): Promise<Float32Array> {
    this.#check(images, count);
    if (count === 1) {
      return await this.#whenReady(1, ({ jobs, room }) => {
        this.#writeImages(room, images, 0, 1);
        const logits = jobs.predictSingle(room, this.#classes, this.#stale);
        this.#stale = false;
        return logits;
      });
    }
    const logits = new Float32Array(count * this.#classes);
    for (let first = 0; first < count; first += PIECE) {
      const size = Math.min(PIECE, count - first);
      await this.#whenReady(size, ({ pool, room }) => {
        this.#writeImages(room, images.subarray(first * this.#layout.plan.inputLength), 0, size);
        pool.run("predict", [size, this.#classes]);
        const found = new Float32Array(this.#memory.buffer, room.logits, size * this.#classes);
        logits.set(found, first * this.#classes);
      });
    }
    return logits;
  }

  dispose(): void {
    this.#disposals++;
    this.#stopThreads();
  }

  #stopThreads(): void {
    this.#threads?.then(({ pool }) => pool.stop(), () => {});
    this.#threads = this.#running = undefined;
  }

  /**
   * Uses all threads, and room for a batch, as soon as both are there. `use` does not wait for anything: meanwhile
   * another call may move everything to a larger memory.
   */
  async #whenReady<T>(count: number, use: (ready: Ready) => T): Promise<T> {
    for (;;) {
      const ready = this.#ready(count);
      if (ready) return use(ready);
      await this.#prepare(count);
    }
  }

  /** All threads, and room for a batch; undefined if there is something to wait for first. */
  #ready(count: number): Ready | undefined {
    if (!this.#running) return undefined;
    const room = layOutBatch(this.#layout, count, this.#classes);
    if (room.end > this.#memory.buffer.byteLength) return undefined;
    return { ...this.#running, room };
  }

  /**
   * Starts the threads. For a batch that does not fit, everything moves to a larger memory before.
   * @throws Error if the network is disposed of meanwhile
   */
  async #prepare(count: number): Promise<void> {
    const { end } = layOutBatch(this.#layout, count, this.#classes);
    if (end > this.#memory.buffer.byteLength) {
      const memory = fixedMemory(end);
      // the control block, which stands before the parameters, stays empty for the new threads
      const { parameters, batch } = this.#layout;
      const moved = new Uint8Array(this.#memory.buffer, parameters, batch - parameters);
      new Uint8Array(memory.buffer).set(moved, parameters);
      this.#stopThreads();
      this.#memory = memory;
    }
    const disposals = this.#disposals, starting = this.#threads ??= this.#start();
    const running = await starting;
    if (disposals !== this.#disposals) throw new Error("the network was disposed of meanwhile");
    if (starting === this.#threads) this.#running = running;
  }

  /** @throws RangeError if there are fewer numbers than `count` images have */
  #check(images: Float32Array | Uint8Array, count: number): void {
    const { inputLength } = this.#layout.plan;
    if (images.length < count * inputLength) {
      throw new RangeError(
        `${count} images of ${inputLength} numbers were asked for, ${images.length} given`,
      );
    }
  }

  /** Bytes that the threads are to normalise, if they can: floats must follow each other without a gap. */
  #bytesOf({ bytes, normalisation }: Batch): Uint8Array | undefined {
    return normalisation && this.#layout.plan.inputLength % 16 === 0 ? bytes : undefined;
  }

  /** Targets, smoothed, for the threads. @throws RangeError if they are not (size, classes) */
  #writeTargets(room: BatchLayout, targets: Float32Array, size: number, smoothing: number): void {
    const length = size * this.#classes;
    checkTargets(targets, size, this.#classes);
    const to = new Float32Array(this.#memory.buffer, room.targets, length);
    if (smoothing === 0) return to.set(targets);
    const everywhere = smoothing / this.#classes;
    for (let i = 0; i < length; i++) to[i] = (1 - smoothing) * targets[i]! + everywhere;
  }

  #writeBytes(room: BatchLayout, bytes: Uint8Array, first: number, count: number): void {
    const { inputLength } = this.#layout.plan;
    const from = first * inputLength, length = count * inputLength;
    new Uint8Array(this.#memory.buffer, room.bytes + from, length)
      .set(bytes.subarray(from, from + length));
  }

  #writeImages(room: BatchLayout, images: Float32Array, first: number, count: number): void {
    const { inputStride, plan: { inputLength } } = this.#layout;
    const at = room.images + first * inputStride;
    const to = new Float32Array(this.#memory.buffer, at, count * inputStride / 4);
    const from = images.subarray(first * inputLength, (first + count) * inputLength);
    if (4 * inputLength === inputStride) {
      to.set(from);
      return;
    }
    for (let n = 0; n < count; n++) {
      to.set(from.subarray(n * inputLength, (n + 1) * inputLength), n * inputStride / 4);
    }
  }

  async #start(): Promise<Threads> {
    const memory = this.#memory, layout = this.#layout, { plan, threads } = layout;
    const module = await compileKernels(this.#build, memory);
    const control = new ControlBlock(memory, layout.control, threads);
    const jobs = new ThreadJobs(instantiateKernels(module, memory), memory, layout, control, 0);
    const pool = await ThreadPool.start({
      control,
      worker: new URL("./thread_worker.ts", import.meta.url),
      dataOf: (thread): WorkerData => ({ module, memory, plan, threads, thread }),
      ownPart: {
        gradient: () => jobs.gradient(),
        update: () => jobs.update(),
        predict: () => jobs.predict(),
      },
    });
    return { pool, jobs };
  }
}

/** All threads, and this one's part. */
interface Threads {
  readonly pool: ThreadPool;
  readonly jobs: ThreadJobs;
}

/** The same with room for a batch. */
interface Ready extends Threads {
  readonly room: BatchLayout;
}

/** The numbers of step `t`, counted from 1, in the order in which `ThreadJobs.update` reads them. */
function updateArguments(
  options: OptimizerOptions,
  t: number,
  learningRate = options.learningRate,
): number[] {
  if (options.kind === "sgd") return [0, learningRate, options.momentum];
  const [beta1, beta2] = [0.9, 0.999];
  const rate = learningRate / (1 - beta1 ** t);
  const decay = learningRate * (options.weightDecay ?? 0);
  return [1, beta1, beta2, rate, 1e-8, 1 / Math.sqrt(1 - beta2 ** t), decay];
}
