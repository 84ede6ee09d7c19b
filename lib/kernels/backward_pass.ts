import type { Forward } from "./forward_pass.ts";
import { activationNumbers, type Kernels } from "./kernel_module.ts";
import type { BatchLayout, Layout, ThreadLayout } from "./memory_layout.ts";

/**
 * One thread's way back through the network, from the gradient of the logits. `shift` brings a weight's
 * address to that of its gradient.
 */
export class Backward {
  readonly kernels: Kernels;
  readonly layout: Layout;
  readonly buffers: ThreadLayout;

  constructor(readonly forward: Forward) {
    ({ kernels: this.kernels, layout: this.layout, buffers: this.buffers } = forward);
  }

  /**
   * Gradients of the dense layers, and at what goes into them.
   * @param accumulate whether those of the weights are added to what stands there
   */
  dense(
    batch: BatchLayout,
    first: number,
    size: number,
    shift: number,
    accumulate: boolean,
  ): void {
    const k = this.kernels;
    const { convs, denses, inputStride } = this.layout;
    const images = batch.images + first * inputStride;
    for (let i = denses.length - 1; i >= 0; i--) {
      const { weight, bias, inputs, units, panels, panelStride, outStride } = denses[i]!;
      const { out, grad, transposed } = this.buffers.denses[i]!;
      const outGrad = i === denses.length - 1 ? out : grad;
      const [from, stride] = this.forward.denseInput(images, i);
      k.gemm(
        ...[inputs, panels, size, from, 4, stride, outGrad, 64, outStride] as const,
        ...[weight + shift, panelStride, 64, accumulate ? 1 : 0] as const,
      );
      k.addColumnSums(size, outStride, outGrad, bias + shift);
      if (i === 0 && convs.length === 0) return;
      const to = i > 0 ? this.buffers.denses[i - 1]!.grad : this.buffers.convs.at(-1)!.grad;
      const inPanels = Math.ceil(inputs / 16), inPanel = 64 * Math.ceil(units / 4) * 4;
      k.gemm(
        ...[size, inPanels, units, outGrad, outStride, 4, transposed, inPanel, 64] as const,
        ...[to, 64, stride, 0] as const,
      );
      const { activation } = i > 0 ? denses[i - 1]! : convs.at(-1)!;
      k.activationBackward(activationNumbers[activation!], size * stride / 4, to, from);
    }
  }

  /** Gradients of the convolutions, image by image. */
  convs(batch: BatchLayout, first: number, size: number, shift: number): void {
    const k = this.kernels;
    const { convs, inputStride } = this.layout;
    for (let n = 0; n < size; n++) {
      for (let i = convs.length - 1; i >= 0; i--) {
        const conv = convs[i]!, buffers = this.buffers.convs[i]!;
        const { channels, width, filters, kernel, outHeight, outWidth, windows, outStride } = conv;
        const gFilter = conv.channelLast ? 4 : 4 * windows;
        const gWindow = conv.channelLast ? 4 * filters : 4;
        const pixel = 4 * channels, row = width * pixel;
        // of the last one the whole micro-batch is there; of the others this image's, just made
        const g = conv.channelLast ? buffers.grad : buffers.grad + n * outStride;
        const argmax = buffers.argmax + n * outStride;
        const before = this.buffers.convs[i - 1];
        const input = before
          ? before.out + n * convs[i - 1]!.outStride
          : this.buffers.input
          ? this.buffers.input + n * this.forward.inputCopyStride
          : batch.images + (first + n) * inputStride;
        const add = conv.tileColumns > 8 ? k.addLongWeightGradients : k.addShortWeightGradients;
        // written out: a spread array costs a tenth of a microsecond, here for every image
        add(
          input,
          g,
          argmax,
          gFilter,
          gWindow,
          windows,
          filters,
          kernel,
          conv.weightChunks,
          row,
          buffers.sums,
          conv.bias + shift,
        );
        if (!before) break;
        const stride = convs[i - 1]!.outStride;
        k.zero(before.grad, stride);
        k.addInputGradient(
          before.grad,
          g,
          argmax,
          gFilter,
          gWindow,
          outHeight,
          outWidth,
          filters,
          kernel,
          conv.inputChunks,
          row,
          pixel,
          buffers.paddedWeights,
          this.buffers.pointers,
        );
        const kind = activationNumbers[convs[i - 1]!.activation];
        k.activationBackward(kind, stride / 4, before.grad, input);
      }
    }
  }
}
