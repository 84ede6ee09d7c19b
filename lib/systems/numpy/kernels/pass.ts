import { activationNumbers, type Kernels } from "./kernels.ts";
import { type BatchLayout, LANES, type Layout, MICRO_BATCH } from "./layout.ts";

/** Sums over some images of a batch. */
export interface Sums {
  loss: number;
  correct: number;
}

/**
 * One thread's way through the network: which kernel runs on which buffer. All threads share one
 * memory; each writes to its own buffers and to the shard of the gradient that it works on.
 */
export class Pass {
  readonly #floats: Float32Array;
  readonly #own: Layout["perThread"][number];

  constructor(
    readonly kernels: Kernels,
    readonly memory: WebAssembly.Memory,
    readonly layout: Layout,
    thread: number,
  ) {
    this.#own = layout.perThread[thread]!;
    // the part that does not grow; a view of it stays valid when the memory does
    this.#floats = new Float32Array(memory.buffer, 0, layout.batch / 4);
    for (const { frames, framesFloats } of this.#own.convs) this.#fill(frames, framesFloats);
  }

  /** Rebuilds the copies of the weights that the backward pass reads; after each change of weights. */
  refresh(): void {
    const { convs, denses } = this.layout;
    convs.forEach(({ weight, filters, channels, kernel, inputChunks }, i) => {
      if (i === 0) return; // nothing needs the gradient at the images
      const { frames } = this.#own.convs[i]!;
      this.kernels.frameWeights(weight, filters, channels, kernel, inputChunks, frames);
    });
    denses.forEach(({ weight, inputs, panelStride, units }, i) => {
      if (i === 0 && convs.length === 0) return;
      const { transposed } = this.#own.denses[i]!;
      const toPanel = 64 * Math.ceil(units / 4) * 4;
      this.kernels.transposePanels(weight, inputs, panelStride, units, transposed, toPanel);
    });
  }

  /** Logits of images `first` to `first + count` of the batch, written to the batch's logits. */
  predict(batch: BatchLayout, first: number, count: number, classes: number): void {
    for (let i = 0; i < count; i += MICRO_BATCH) {
      const size = Math.min(MICRO_BATCH, count - i);
      this.#forward(batch, first + i, size, false);
      const { out } = this.#own.denses.at(-1)!;
      const { outStride, bias } = this.layout.denses.at(-1)!;
      this.kernels.addBias(size, outStride, out, bias);
      const logits = new Float32Array(this.memory.buffer, batch.logits, (first + count) * classes);
      for (let n = 0; n < size; n++) {
        const from = (out + n * outStride) / 4;
        logits.set(this.#floats.subarray(from, from + classes), (first + i + n) * classes);
      }
    }
  }

  /**
   * Logits of the batch's first image, with the kernels for a single one.
   * @param stale whether weights have changed since the last time
   */
  predictSingle(batch: BatchLayout, classes: number, stale: boolean): Float32Array {
    const k = this.kernels;
    let from = batch.images;
    this.layout.convs.forEach((conv, i) => {
      const { weight, bias, channels, height, width, filters, kernel, windows, activation } = conv;
      const { packed, out } = this.#own.convs[i]!;
      if (stale) k.packFilters(weight, filters, channels * kernel * kernel, packed);
      k.convPoolSingle(from, packed, bias, out, channels, height, width, filters, kernel);
      k.activate(activationNumbers[activation], out, Math.ceil(windows * filters / 16) * 16);
      from = out;
    });
    this.layout.denses.forEach((dense, i) => {
      const { weight, bias, inputs, panels, panelStride, outStride, activation } = dense;
      const { out } = this.#own.denses[i]!;
      k.gemv(panels, inputs, from, weight, panelStride, out);
      if (activation) {
        k.addBiasActivate(activationNumbers[activation], 1, outStride, out, bias);
      } else k.addBias(1, outStride, out, bias);
      from = out;
    });
    return this.#floats.slice(from / 4, from / 4 + classes);
  }

  /**
   * Leaves the gradient of Σ loss·scale over images `first` to `first + count` in a shard.
   * @returns loss and hits summed over the images
   */
  gradient(
    batch: BatchLayout,
    shard: number,
    first: number,
    count: number,
    scale: number,
    smoothing: number,
  ): Sums {
    const { convs, parameterFloats, gradients, gradientStride, parameters } = this.layout;
    const shift = gradients + shard * gradientStride - parameters;
    this.#fill(parameters + shift, parameterFloats);
    for (const { sums, sumsFloats } of this.#own.convs) this.#fill(sums, sumsFloats);
    const sums = { loss: 0, correct: 0 };
    for (let i = 0; i < count; i += MICRO_BATCH) {
      const size = Math.min(MICRO_BATCH, count - i);
      this.#forward(batch, first + i, size, true);
      this.#loss(batch.labels + 4 * (first + i), size, scale, smoothing, sums);
      this.#backwardDense(batch, first + i, size, shift);
      this.#backwardConvs(batch, first + i, size, shift);
    }
    convs.forEach(({ weight, filters, channels, kernel, tileRows, tileColumns }, i) => {
      const { sums } = this.#own.convs[i]!;
      this.kernels.unpackWeightGradients(
        ...[sums, filters, channels, kernel, tileRows, tileColumns, weight + shift] as const,
      );
    });
    return sums;
  }

  /** Turns the bytes of images `first` to `first + count` into the floats that the network takes. */
  normalise(batch: BatchLayout, first: number, count: number, scale: number, shift: number): void {
    const { inputStride, plan: { inputLength } } = this.layout;
    const from = batch.bytes + first * inputLength, to = batch.images + first * inputStride;
    this.kernels.normalise(from, count * inputLength, scale, shift, to);
  }

  #fill(at: number, floats: number): void {
    this.kernels.zero(at, 4 * floats);
  }

  #forward(batch: BatchLayout, first: number, size: number, training: boolean): void {
    const { inputStride, plan, convs, denses } = this.layout;
    const own = this.#own;
    const k = this.kernels;
    const images = batch.images + first * inputStride;
    for (let n = 0; n < size && convs.length > 0; n += LANES) {
      k.rowsToLanes(images + n * inputStride, inputStride, plan.inputLength, own.inputLanes);
      if (training && own.input) {
        const { channels, height, width } = convs[0]!;
        const to = own.input + n * this.#inputCopyStride;
        const stride = this.#inputCopyStride;
        k.lanesToChannelLast(own.inputLanes, channels, height * width, to, stride);
      }
      let input = own.inputLanes;
      convs.forEach((conv, i) => {
        const { weight, bias, channels, height, width, filters, kernel, windows, outStride } = conv;
        const { outLanes, winnerLanes, out, winners } = own.convs[i]!;
        const winnersTo = training ? winnerLanes : 0;
        const right = 4 * channels, down = right * width;
        k.convPool(
          ...[input, weight, bias, outLanes, winnersTo, channels, height, width] as const,
          ...[filters, kernel, right, down] as const,
        );
        k.activate(activationNumbers[conv.activation], outLanes, LANES * windows * filters);
        const rows = n * outStride;
        if (conv.channelLast) {
          if (training) {
            k.lanesToChannelLast(outLanes, filters, windows, out + rows, outStride);
            k.lanesToChannelLast(winnerLanes, filters, windows, winners + rows, outStride);
          }
        } else {
          k.lanesToRows(outLanes, windows * filters, out + rows, outStride);
          if (training) k.lanesToRows(winnerLanes, windows * filters, winners + rows, outStride);
        }
        input = outLanes;
      });
    }
    denses.forEach((dense, i) => {
      const { weight, bias, inputs, panels, panelStride, outStride, activation } = dense;
      const [from, stride] = this.#denseInput(images, i);
      const { out } = own.denses[i]!;
      k.gemm(
        ...[size, panels, inputs, from, stride, 4, weight, panelStride, 64] as const,
        ...[out, 64, outStride, 0] as const,
      );
      if (activation) {
        k.addBiasActivate(activationNumbers[activation], size, outStride, out, bias);
      }
    });
  }

  /** Where a dense layer reads its input rows, and the stride between them. */
  #denseInput(images: number, i: number): readonly [number, number] {
    if (i > 0) return [this.#own.denses[i - 1]!.out, this.layout.denses[i - 1]!.outStride];
    const last = this.layout.convs.at(-1);
    return last ? [this.#own.convs.at(-1)!.out, last.outStride] : [images, this.layout.inputStride];
  }

  /** Turns logits into their gradient. */
  #loss(labels: number, size: number, scale: number, smoothing: number, sums: Sums): void {
    const { out } = this.#own.denses.at(-1)!;
    const { outStride, bias, units } = this.layout.denses.at(-1)!;
    const { report } = this.#own;
    this.kernels.addBias(size, outStride, out, bias);
    this.kernels.softmaxCrossEntropy(size, units, outStride, out, labels, scale, smoothing, report);
    for (let at = report / 4; at < report / 4 + 3 * size; at += 3) {
      const [exponentials, toLabel, toMean] = this.#floats.subarray(at, at + 3);
      sums.loss += Math.log(exponentials!) + (1 - smoothing) * toLabel! + smoothing * toMean!;
      if (toLabel === 0) sums.correct++;
    }
  }

  #backwardDense(batch: BatchLayout, first: number, size: number, shift: number): void {
    const k = this.kernels;
    const { convs, denses, inputStride } = this.layout;
    const images = batch.images + first * inputStride;
    for (let i = denses.length - 1; i >= 0; i--) {
      const { weight, bias, inputs, units, panels, panelStride, outStride } = denses[i]!;
      const { out, grad, transposed } = this.#own.denses[i]!;
      const outGrad = i === denses.length - 1 ? out : grad;
      const [from, stride] = this.#denseInput(images, i);
      k.gemm(
        ...[inputs, panels, size, from, 4, stride, outGrad, 64, outStride] as const,
        ...[weight + shift, panelStride, 64, 1] as const,
      );
      k.addColumnSums(size, outStride, outGrad, bias + shift);
      if (i === 0 && convs.length === 0) return;
      const to = i > 0 ? this.#own.denses[i - 1]!.grad : this.#own.convs.at(-1)!.grad;
      const inPanels = Math.ceil(inputs / 16), inPanel = 64 * Math.ceil(units / 4) * 4;
      k.gemm(
        ...[size, inPanels, units, outGrad, outStride, 4, transposed, inPanel, 64] as const,
        ...[to, 64, stride, 0] as const,
      );
      const { activation } = i > 0 ? denses[i - 1]! : convs.at(-1)!;
      k.activationBackward(activationNumbers[activation!], size * stride / 4, to, from);
    }
  }

  #backwardConvs(batch: BatchLayout, first: number, size: number, shift: number): void {
    const k = this.kernels;
    const { convs, inputStride } = this.layout;
    for (let n = 0; n < size; n++) {
      for (let i = convs.length - 1; i >= 0; i--) {
        const conv = convs[i]!, own = this.#own.convs[i]!;
        const { channels, width, filters, kernel, outHeight, outWidth, windows, outStride } = conv;
        const gFilter = conv.channelLast ? 4 : 4 * windows;
        const gWindow = conv.channelLast ? 4 * filters : 4;
        const pixel = 4 * channels, row = width * pixel;
        // of the last one the whole micro-batch is there; of the others this image's, just made
        const g = conv.channelLast ? own.grad : own.grad + n * outStride;
        const winners = own.winners + n * outStride;
        const before = this.#own.convs[i - 1];
        const input = before
          ? before.out + n * convs[i - 1]!.outStride
          : this.#own.input
          ? this.#own.input + n * this.#inputCopyStride
          : batch.images + (first + n) * inputStride;
        const add = conv.tileColumns > 8 ? k.addLongWeightGradients : k.addShortWeightGradients;
        add(
          ...[input, g, winners, gFilter, gWindow, windows, filters, kernel] as const,
          ...[conv.weightChunks, row, own.sums, conv.bias + shift] as const,
        );
        if (!before) break;
        const stride = convs[i - 1]!.outStride;
        this.#fill(before.grad, stride / 4);
        k.addInputGradient(
          ...[before.grad, g, winners, gFilter, gWindow, outHeight, outWidth] as const,
          ...[
            filters,
            kernel,
            conv.inputChunks,
            row,
            pixel,
            own.frames,
            this.#own.pointers,
          ] as const,
        );
        const kind = activationNumbers[convs[i - 1]!.activation];
        k.activationBackward(kind, stride / 4, before.grad, input);
      }
    }
  }

  get #inputCopyStride(): number {
    return 4 * Math.ceil((this.layout.plan.inputLength + 3) / 16) * 16;
  }
}
