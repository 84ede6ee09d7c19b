import { activationNumber } from "./activation_number.ts";
import type { ConvBuffers, ConvLayout } from "./conv_memory.ts";
import { LANE_IMAGES } from "./kernel_constants.ts";
import type { Kernels } from "./kernel_interface.ts";
import type { BatchLayout, Layout, ThreadLayout } from "./memory_layout.ts";

/** One thread's way forward through the network: which kernel runs on which buffer. */
export class Forward {
  constructor(
    readonly kernels: Kernels,
    readonly layout: Layout,
    readonly buffers: ThreadLayout,
  ) {}

  /**
   * From images `first` to `first + size` of the batch, at most MICRO_BATCH, to the last layer's
   * products, its bias not yet added.
   * @param training whether activations and argmax are kept for the way back
   */
  run(batch: BatchLayout, first: number, size: number, training: boolean): void {
    const { kernels: k, buffers, layout: { inputStride, convs, denses } } = this;
    const images = batch.images + first * inputStride;
    for (let n = 0; n < size && convs.length > 0; n += LANE_IMAGES) {
      this.#convs(images + n * inputStride, n, training);
    }
    denses.forEach(({ inputs, weight, activation }, i) => {
      const { layer, forward, out } = buffers.denses[i]!;
      k.gemm(forward, size, inputs, this.denseInput(images, i), weight, out, 0);
      if (activation) k.addBiasActivate(layer, size, out);
    });
  }

  /** The convolutions of eight images, of which the first is number `n` of the micro-batch. */
  #convs(images: number, n: number, training: boolean): void {
    const { kernels: k, buffers, layout: { inputStride, plan, convs } } = this;
    k.rowsToLanes(images, inputStride, plan.inputLength, buffers.inputLanes);
    if (training && buffers.input) {
      const { channels, height, width } = convs[0]!;
      const stride = buffers.inputCopyStride, to = buffers.input + n * stride;
      k.lanesToChannelLast(buffers.inputLanes, channels, height * width, to, stride);
    }
    let input = buffers.inputLanes;
    convs.forEach((conv, i) => {
      const { filters, windows } = conv, own = buffers.convs[i]!;
      this.#convPool(conv, own, input, training);
      k.activate(activationNumber(conv.activation), own.outLanes, LANE_IMAGES * windows * filters);
      this.#keep(conv, own, n, training);
      input = own.outLanes;
    });
  }

  #convPool(conv: ConvLayout, buffers: ConvBuffers, input: number, training: boolean): void {
    const { layer, outLanes, argmaxLanes } = buffers;
    // inference goes the direct way too: its logits are to be as exact as can be
    if (!training) this.kernels.convPool(layer, input, outLanes, 0);
    else if (conv.winograd === "patches") {
      this.kernels.convPoolWinograd(layer, input, outLanes, argmaxLanes);
    } else if (conv.winograd === "columns") {
      this.kernels.convPoolWinogradColumns(layer, input, outLanes, argmaxLanes);
    } else this.kernels.convPool(layer, input, outLanes, argmaxLanes);
  }

  /** Out of the lanes: what the backward pass reads, and what the first dense layer does. */
  #keep(conv: ConvLayout, buffers: ConvBuffers, n: number, training: boolean): void {
    const k = this.kernels, { filters, windows, outStride } = conv;
    const { outLanes, argmaxLanes } = buffers;
    const out = buffers.out + n * outStride, argmax = buffers.argmax + n * outStride;
    if (!conv.channelLast) {
      k.lanesToRows(outLanes, windows * filters, out, outStride);
      if (training) k.lanesToRows(argmaxLanes, windows * filters, argmax, outStride);
    } else if (training) {
      k.lanesToChannelLast(outLanes, filters, windows, out, outStride);
      k.lanesToChannelLast(argmaxLanes, filters, windows, argmax, outStride);
    }
  }

  /**
   * The same for the batch's first image, with the kernels for a single one, and to the logits.
   * @param stale whether weights have changed since the last time
   * @returns where the logits stand
   */
  single(batch: BatchLayout, stale: boolean): number {
    const { kernels: k, buffers, layout } = this;
    let from = batch.images;
    layout.convs.forEach(({ windows, filters, activation }, i) => {
      const { layer, out } = buffers.convs[i]!;
      if (stale) k.packFilters(layer);
      k.convPoolSingle(layer, from, out);
      k.activate(activationNumber(activation), out, Math.ceil(windows * filters / 16) * 16);
      from = out;
    });
    layout.denses.forEach(({ activation }, i) => {
      const { layer, out } = buffers.denses[i]!;
      k.gemv(layer, from, out);
      if (activation) k.addBiasActivate(layer, 1, out);
      else k.addBias(layer, 1, out);
      from = out;
    });
    return from;
  }

  /** Where a dense layer reads its input rows. */
  denseInput(images: number, i: number): number {
    return i > 0 ? this.buffers.denses[i - 1]!.out : this.buffers.convs.at(-1)?.out ?? images;
  }
}
