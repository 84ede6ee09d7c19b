import type { FloatArray, Parameter } from "./array.ts";

/**
 * A layer with its derivative. `forward` keeps what `backward` needs, so the two are called in turn;
 * the arrays they return belong to the layer and are overwritten by its next call.
 */
export interface NumpyLayer {
  readonly parameters: readonly Parameter[];
  /** Outputs of `count` inputs laid one after the other. */
  forward(input: FloatArray, count: number): FloatArray;
  /**
   * Takes ∂loss/∂output, writes ∂loss/∂parameters into their `grad`s and returns ∂loss/∂input,
   * unless `wantsInput` is false (the first layer's input is not learned).
   */
  backward(outputGrad: FloatArray, wantsInput: boolean): FloatArray;
}
