import type { ControlBlock } from "./control_block.ts";
import type { Kernels } from "./kernel_module.ts";
import { type BatchLayout, type Layout, layOutBatch, shardOf } from "./memory_layout.ts";
import { Pass, type Sums } from "./training_pass.ts";

/** What one thread does for each job; thread 0 and the workers run the same. */
export class ThreadJobs {
  readonly #pass: Pass;

  constructor(
    readonly kernels: Kernels,
    memory: WebAssembly.Memory,
    readonly layout: Layout,
    readonly control: ControlBlock,
    readonly thread: number,
  ) {
    this.#pass = new Pass(kernels, memory, layout, thread, () => control.beat(thread));
  }

  /** Arguments: images, classes, smoothing, scale and shift of bytes (scale 0: images are floats). */
  gradient(): void {
    const { shards, threads } = this.layout;
    const [count = 0, classes = 0, smoothing = 0, scale = 0, shift = 0] = this.control.arguments();
    const batch = layOutBatch(this.layout, count, classes);
    const total: Sums = { loss: 0, correct: 0 };
    this.#pass.refresh();
    for (let shard = this.thread; shard < shards; shard += threads) {
      const { first, size } = shardOf(count, shard, shards);
      if (scale !== 0 && size > 0) this.#pass.normalise(batch, first, size, scale, shift);
      const sums = this.#pass.gradient(batch, shard, first, size, 1 / count, smoothing);
      total.loss += sums.loss;
      total.correct += sums.correct;
    }
    this.control.report(this.thread).set([total.loss, total.correct]);
  }

  /** Arguments: the optimizer's numbers; this thread's stretch of the parameters. */
  update(): void {
    const { layout, thread } = this;
    const { parameterFloats, threads, parameters, firstMoment, secondMoment, gradients } = layout;
    const [adam = 0, ...numbers] = this.control.arguments();
    const step = 16 * Math.ceil(parameterFloats / 16 / threads);
    const from = Math.min(thread * step, parameterFloats);
    const count = Math.min(step, parameterFloats - from);
    const [w, m, v, g] = [parameters, firstMoment, secondMoment, gradients].map((at) =>
      at + 4 * from
    ) as [number, number, number, number];
    const { shards, gradientStride } = layout;
    if (adam) {
      const [beta1, beta2, rate, epsilon, correction, decay] = numbers as [
        ...[number, number, number, number, number, number],
      ];
      this.kernels.adam(
        ...[w, m, v, g, count, shards, gradientStride] as const,
        ...[beta1, beta2, rate, epsilon, correction, decay] as const,
      );
    } else {
      const [rate = 0, momentum = 0] = numbers;
      this.kernels.sgd(w, m, g, count, shards, gradientStride, rate, momentum);
    }
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
