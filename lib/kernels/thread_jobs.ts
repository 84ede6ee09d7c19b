import type { ControlBlock } from "./control_block.ts";
import { writeDescriptor } from "./descriptor.ts";
import { AdamStep, type Kernels } from "./kernel_interface.ts";
import { type BatchLayout, type Layout, layOutBatch, shardOf } from "./memory_layout.ts";
import { Pass, type Sums } from "./training_pass.ts";

/** What one thread does for each job; thread 0 and the workers run the same. */
export class ThreadJobs {
  readonly #pass: Pass;

  constructor(
    readonly kernels: Kernels,
    readonly memory: WebAssembly.Memory,
    readonly layout: Layout,
    readonly control: ControlBlock,
    readonly thread: number,
  ) {
    this.#pass = new Pass(kernels, memory, layout, thread, () => control.beat(thread));
  }

  /**
   * Arguments: images, classes, smoothing (−1: the batch has targets), scale and shift of bytes
   * (scale 0: images are floats).
   */
  gradient(): void {
    const { shards, threads } = this.layout;
    const [count = 0, classes = 0, smoothing = 0, scale = 0, shift = 0] = this.control.arguments();
    const batch = layOutBatch(this.layout, count, classes);
    const total: Sums = { loss: 0, correct: 0 };
    this.#pass.refresh();
    for (let shard = this.thread; shard < shards; shard += threads) {
      const { first, size } = shardOf(count, shard, shards);
      if (scale !== 0 && size > 0) this.#pass.normalise(batch, first, size, scale, shift);
      const smooth = smoothing < 0 ? undefined : smoothing;
      const sums = this.#pass.gradient(batch, shard, first, size, 1 / count, smooth);
      total.loss += sums.loss;
      total.correct += sums.correct;
    }
    this.control.report(this.thread).set([total.loss, total.correct]);
  }

  /**
   * Updates this thread's share of the parameters. Arguments: of Adam 1 and the fields of an AdamStep,
   * of SGD 0, learning rate and momentum.
   */
  update(): void {
    const { share, adamStep } = this.layout.perThread[this.thread]!;
    const [isAdam, first = 0, second = 0, rate = 0, epsilon = 0, correction = 0, decay = 0] = this
      .control.arguments();
    if (!isAdam) return this.kernels.sgd(share, first, second);
    const step = { beta1: first, beta2: second, rate, epsilon, correction, decay };
    writeDescriptor(this.memory, adamStep, AdamStep, step);
    this.kernels.adam(share, adamStep);
  }

  /** Logits of one image; thread 0 alone. */
  predictSingle(batch: BatchLayout, classes: number, stale: boolean): Float32Array {
    return this.#pass.predictSingle(batch, classes, stale);
  }

  /** Arguments: images, classes. */
  predict(): void {
    const { threads } = this.layout;
    const [count = 0, classes = 0] = this.control.arguments();
    const batch = layOutBatch(this.layout, count, classes);
    const first = Math.floor(count * this.thread / threads);
    const size = Math.floor(count * (this.thread + 1) / threads) - first;
    if (size === 0) return;
    this.#pass.predict(batch, first, size, classes);
  }
}
