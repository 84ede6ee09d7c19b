import { activationNumbers, type Kernels } from "./kernel_module.ts";
import { LANE_IMAGES } from "./kernel_constants.ts";
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
    const { buffers, layout: { inputStride, plan, convs, denses } } = this;
    const k = this.kernels;
    const images = batch.images + first * inputStride;
    for (let n = 0; n < size && convs.length > 0; n += LANE_IMAGES) {
      k.rowsToLanes(images + n * inputStride, inputStride, plan.inputLength, buffers.inputLanes);
      if (training && buffers.input) {
        const { channels, height, width } = convs[0]!;
        const to = buffers.input + n * this.inputCopyStride;
        const stride = this.inputCopyStride;
        k.lanesToChannelLast(buffers.inputLanes, channels, height * width, to, stride);
      }
      let input = buffers.inputLanes;
      convs.forEach((conv, i) => {
        const { weight, bias, channels, height, width, filters, kernel, windows, outStride } = conv;
        const { outLanes, argmaxLanes, out, argmax, winograd } = buffers.convs[i]!;
        const right = 4 * channels, down = right * width;
        if (training && winograd) {
          const { columns, patches, products } = winograd;
          if (patches) {
            k.convPoolWinograd(
              ...[input, winograd.filters, bias, outLanes, argmaxLanes, channels, height] as const,
              ...[width, filters, right, down, columns, patches, products] as const,
            );
          } else {
            k.convPoolWinogradColumns(
              ...[input, winograd.filters, bias, outLanes, argmaxLanes, channels, height] as const,
              ...[width, filters, right, down, columns, products] as const,
            );
          }
        } else {
          // inference too: its logits are to be as exact as can be
          const argmaxTo = training ? argmaxLanes : 0;
          k.convPool(
            ...[input, weight, bias, outLanes, argmaxTo, channels, height, width] as const,
            ...[filters, kernel, right, down] as const,
          );
        }
        k.activate(activationNumbers[conv.activation], outLanes, LANE_IMAGES * windows * filters);
        const rows = n * outStride;
        if (conv.channelLast) {
          if (training) {
            k.lanesToChannelLast(outLanes, filters, windows, out + rows, outStride);
            k.lanesToChannelLast(argmaxLanes, filters, windows, argmax + rows, outStride);
          }
        } else {
          k.lanesToRows(outLanes, windows * filters, out + rows, outStride);
          if (training) k.lanesToRows(argmaxLanes, windows * filters, argmax + rows, outStride);
        }
        input = outLanes;
      });
    }
    denses.forEach((dense, i) => {
      const { weight, bias, inputs, panels, panelStride, outStride, activation } = dense;
      const [from, stride] = this.denseInput(images, i);
      const { out } = buffers.denses[i]!;
      k.gemm(
        ...[size, panels, inputs, from, stride, 4, weight, panelStride, 64] as const,
        ...[out, 64, outStride, 0] as const,
      );
      if (activation) {
        k.addBiasActivate(activationNumbers[activation], size, outStride, out, bias);
      }
    });
  }

  /**
   * The same for the batch's first image, with the kernels for a single one, and to the logits.
   * @param stale whether weights have changed since the last time
   * @returns where the logits stand
   */
  single(batch: BatchLayout, stale: boolean): number {
    const k = this.kernels;
    let from = batch.images;
    this.layout.convs.forEach((conv, i) => {
      const { weight, bias, channels, height, width, filters, kernel, windows, activation } = conv;
      const { packed, out } = this.buffers.convs[i]!;
      if (stale) k.packFilters(weight, filters, channels * kernel * kernel, packed);
      k.convPoolSingle(from, packed, bias, out, channels, height, width, filters, kernel);
      k.activate(activationNumbers[activation], out, Math.ceil(windows * filters / 16) * 16);
      from = out;
    });
    this.layout.denses.forEach((dense, i) => {
      const { weight, bias, inputs, panels, panelStride, outStride, activation } = dense;
      const { out } = this.buffers.denses[i]!;
      k.gemv(panels, inputs, from, weight, panelStride, out);
      if (activation) {
        k.addBiasActivate(activationNumbers[activation], 1, outStride, out, bias);
      } else k.addBias(1, outStride, out, bias);
      from = out;
    });
    return from;
  }

  /** Where a dense layer reads its input rows, and the stride between them. */
  denseInput(images: number, i: number): readonly [number, number] {
    if (i > 0) return [this.buffers.denses[i - 1]!.out, this.layout.denses[i - 1]!.outStride];
    const last = this.layout.convs.at(-1);
    return last
      ? [this.buffers.convs.at(-1)!.out, last.outStride]
      : [images, this.layout.inputStride];
  }

  /** Bytes from a channel-last image to the next. */
  get inputCopyStride(): number {
    return 4 * Math.ceil((this.layout.plan.inputLength + 3) / 16) * 16;
  }
}
