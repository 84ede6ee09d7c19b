import { Backward } from "./backward_pass.ts";
import { Forward } from "./forward_pass.ts";
import { MICRO_BATCH } from "./kernel_constants.ts";
import type { Kernels } from "./kernel_interface.ts";
import type { BatchLayout, Layout, ThreadLayout } from "./memory_layout.ts";

/** Sums over some images of a batch. */
export interface Sums {
  loss: number;
  correct: number;
}

/**
 * One thread's work on a batch, in micro-batches that stay in its cache. All threads share one memory;
 * each writes to buffers of its own and to the shard of the gradient that it works on.
 */
export class Pass {
  readonly #floats: Float32Array;
  readonly #buffers: ThreadLayout;
  readonly #forward: Forward;
  readonly #backward: Backward;

  constructor(
    readonly kernels: Kernels,
    readonly memory: WebAssembly.Memory,
    readonly layout: Layout,
    thread: number,
    readonly beat: () => void = () => {},
  ) {
    this.#buffers = layout.perThread[thread]!;
    this.#forward = new Forward(kernels, layout, this.#buffers);
    this.#backward = new Backward(this.#forward);
    this.#floats = new Float32Array(memory.buffer, 0, layout.batch / 4);
    this.#buffers.describe(memory);
    for (const { paddedWeights, paddedWeightsFloats } of this.#buffers.convs) {
      this.#fill(paddedWeights, paddedWeightsFloats);
    }
  }

  /** Rebuilds the copies of the weights that the backward pass reads; after each change of weights. */
  refresh(): void {
    const { convs, denses } = this.layout;
    const k = this.kernels, buffers = this.#buffers;
    convs.forEach(({ winograd }, i) => {
      const { layer } = buffers.convs[i]!;
      if (winograd === "patches") k.transformFilters(layer);
      if (winograd === "columns") k.transformFilterColumns(layer);
      if (i > 0) k.padWeights(layer); // nothing needs the gradient at the images
    });
    denses.forEach((_, i) => {
      if (i > 0 || convs.length > 0) k.transposePanels(buffers.denses[i]!.layer);
    });
  }

  /** Logits of images `first` to `first + count` of the batch, written to the batch's logits. */
  predict(batch: BatchLayout, first: number, count: number, classes: number): void {
    for (let i = 0; i < count; i += MICRO_BATCH) {
      this.beat();
      const size = Math.min(MICRO_BATCH, count - i);
      this.#forward.run(batch, first + i, size, false);
      const { layer, out } = this.#buffers.denses.at(-1)!;
      this.kernels.addBiasTo(layer, size, out, batch.logits + 4 * (first + i) * classes);
    }
  }

  /**
   * Logits of the batch's first image, with the kernels for a single one.
   * @param stale whether weights have changed since the last time
   */
  predictSingle(batch: BatchLayout, classes: number, stale: boolean): Float32Array {
    const from = this.#forward.single(batch, stale) / 4;
    return this.#floats.slice(from, from + classes);
  }

  /**
   * Leaves the gradient of Σ loss·scale over images `first` to `first + count` in a shard.
   * @param smoothing of the labels; undefined: the batch has targets
   * @returns loss and hits summed over the images
   */
  gradient(
    batch: BatchLayout,
    shard: number,
    first: number,
    count: number,
    scale: number,
    smoothing: number | undefined,
  ): Sums {
    const { convs, parameterFloats, gradients, gradientStride, parameters } = this.layout;
    const shift = gradients + shard * gradientStride - parameters;
    if (count === 0) this.#fill(parameters + shift, parameterFloats);
    else this.#clear(shift);
    for (const { sums, sumsFloats } of this.#buffers.convs) this.#fill(sums, sumsFloats);
    const sums = { loss: 0, correct: 0 };
    for (let i = 0; i < count; i += MICRO_BATCH) {
      this.beat();
      const size = Math.min(MICRO_BATCH, count - i);
      this.#forward.run(batch, first + i, size, true);
      this.#loss(batch, first + i, size, scale, smoothing, sums);
      this.#backward.dense(batch, first + i, size, shift, i > 0);
      this.#backward.convs(batch, first + i, size, shift);
    }
    convs.forEach(({ weight }, i) => {
      this.kernels.unpackWeightGradients(this.#buffers.convs[i]!.layer, weight + shift);
    });
    return sums;
  }

  /** Turns the bytes of images `first` to `first + count` into the floats that the network takes. */
  normalise(batch: BatchLayout, first: number, count: number, scale: number, shift: number): void {
    const { inputStride, plan: { inputLength } } = this.layout;
    const from = batch.bytes + first * inputLength, to = batch.images + first * inputStride;
    this.kernels.normalise(from, count * inputLength, scale, shift, to);
  }

  /** Zeros the part of a shard that kernels add to: all but what the first micro-batch overwrites. */
  #clear(shift: number): void {
    const { convs, denses } = this.layout;
    for (const { weight, bias, filters, channels, kernel } of convs) {
      this.#fill(weight + shift, filters * channels * kernel * kernel);
      this.#fill(bias + shift, filters);
    }
    for (const { bias, units } of denses) this.#fill(bias + shift, units);
  }

  #fill(at: number, floats: number): void {
    this.kernels.zero(at, 4 * floats);
  }

  /** Turns logits into their gradient. */
  #loss(
    batch: BatchLayout,
    first: number,
    size: number,
    scale: number,
    smoothing: number | undefined,
    sums: Sums,
  ): void {
    const { layer, out } = this.#buffers.denses.at(-1)!, { units } = this.layout.denses.at(-1)!;
    const { report } = this.#buffers, { kernels } = this;
    const labels = batch.labels + 4 * first;
    kernels.addBias(layer, size, out);
    if (smoothing === undefined) {
      const targets = batch.targets + 4 * first * units;
      kernels.softTargetCrossEntropy(layer, size, out, labels, targets, report, scale);
    } else {
      kernels.softmaxCrossEntropy(layer, size, out, labels, report, scale, smoothing);
    }
    // with targets the third number of an image is all of the gap
    const toTarget = smoothing ?? 1;
    const floats = this.#floats;
    for (let at = report / 4; at < report / 4 + 3 * size; at += 3) {
      const toLabel = floats[at + 1]!;
      sums.loss += Math.log(floats[at]!) + (1 - toTarget) * toLabel + toTarget * floats[at + 2]!;
      if (toLabel === 0) sums.correct++;
    }
  }
}
