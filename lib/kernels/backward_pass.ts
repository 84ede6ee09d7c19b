import { activationNumber } from "./activation_number.ts";
import type { Forward } from "./forward_pass.ts";
import type { Kernels } from "./kernel_interface.ts";
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
    const { kernels: k, buffers, layout: { convs, denses, inputStride } } = this;
    const images = batch.images + first * inputStride;
    for (let i = denses.length - 1; i >= 0; i--) {
      const { weight, bias, inputs, units, inStride } = denses[i]!;
      const { layer, weightGradient, inputGradient, out, grad, transposed } = buffers.denses[i]!;
      const outGrad = i === denses.length - 1 ? out : grad;
      const from = this.forward.denseInput(images, i);
      k.gemm(weightGradient, inputs, size, from, outGrad, weight + shift, accumulate ? 1 : 0);
      k.addColumnSums(layer, size, outGrad, bias + shift);
      if (i === 0 && convs.length === 0) return;
      const to = i > 0 ? buffers.denses[i - 1]!.grad : buffers.convs.at(-1)!.grad;
      k.gemm(inputGradient, size, units, outGrad, transposed, to, 0);
      const { activation } = i > 0 ? denses[i - 1]! : convs.at(-1)!;
      k.activationBackward(activationNumber(activation!), size * inStride / 4, to, from);
    }
  }

  /** Gradients of the convolutions, image by image. */
  convs(batch: BatchLayout, first: number, size: number, shift: number): void {
    const { kernels: k, buffers, layout: { convs, inputStride } } = this;
    for (let n = 0; n < size; n++) {
      for (let i = convs.length - 1; i >= 0; i--) {
        const conv = convs[i]!, { layer, grad, argmax } = buffers.convs[i]!;
        const before = buffers.convs[i - 1];
        // of the last one the whole micro-batch is there; of the others this image's, just made
        const g = conv.channelLast ? grad : grad + n * conv.outStride;
        const argmaxAt = argmax + n * conv.outStride;
        const input = before
          ? before.out + n * convs[i - 1]!.outStride
          : buffers.input
          ? buffers.input + n * buffers.inputCopyStride
          : batch.images + (first + n) * inputStride;
        if (conv.isLong) k.addLongWeightGradients(layer, input, g, argmaxAt, conv.bias + shift);
        else k.addShortWeightGradients(layer, input, g, argmaxAt, conv.bias + shift);
        if (!before) break;
        const { outStride, activation } = convs[i - 1]!;
        k.zero(before.grad, outStride);
        k.addInputGradient(layer, before.grad, g, argmaxAt);
        k.activationBackward(activationNumber(activation), outStride / 4, before.grad, input);
      }
    }
  }
}
