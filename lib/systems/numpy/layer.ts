import type { FloatArray, Parameter } from "./array.ts";

/**
 * A layer of the hand-written network. `forward` keeps what `backward` needs, so a call of `backward`
 * belongs to the call of `forward` before it. The arrays that they return belong to the layer, which
 * overwrites them in its next call.
 */
export interface NumpyLayer {
  /** What is trained. */
  readonly parameters: readonly Parameter[];
  /** The outputs of `count` inputs that are laid one after the other. */
  forward(input: FloatArray, count: number): FloatArray;
  /**
   * Takes ∂loss/∂output, writes ∂loss/∂parameter into the `grad` of each parameter, and returns
   * ∂loss/∂input. Without `wantsInput` the last is not computed: nobody needs the gradient of the images,
   * which are the input of the first layer.
   */
  backward(outputGrad: FloatArray, wantsInput: boolean): FloatArray;
}
