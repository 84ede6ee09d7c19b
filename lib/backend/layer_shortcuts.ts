/**
 * Keras's `Dense` as one kernel where the kernels backend computes. tfjs makes it of a product, a sum and an
 * activation, with tensors of another shape between them, and each of them has a gradient of several kernels.
 */
import { dense, isFusedDenseActivation } from "./fused_layers.ts";
import * as tf from "./tf.ts";

type Layer = ReturnType<typeof tf.layers.dense>;
type Call = Layer["call"];

/** The parts of a `Dense` layer that are used here; its types leave them out. */
interface DenseLayer {
  call: Call;
  invokeCallHook(inputs: tf.Tensor | tf.Tensor[], kwargs: object): void;
  readonly activation: { getClassName(): string };
  readonly kernel: tf.LayerVariable;
  readonly bias: tf.LayerVariable | null;
}

let isShort = false;

/** Gives all `Dense` layers the shorter way, once; they take the usual one for what `dense` does not know. */
export function shortenLayers(): void {
  if (isShort) return;
  isShort = true;
  // the class itself is not exported
  const layer = tf.layers.dense({ units: 1, name: "any" });
  const { prototype } = layer.constructor as { readonly prototype: DenseLayer };
  const { call } = prototype;
  prototype.call = function (this: DenseLayer, inputs, kwargs) {
    const [x, more] = Array.isArray(inputs) ? inputs : [inputs];
    const activation = this.activation.getClassName();
    const isUsual = x !== undefined && more === undefined && this.bias !== null &&
      isFusedDenseActivation(activation);
    const y = isUsual ? dense(x, this.kernel.read(), this.bias!.read(), activation) : undefined;
    if (y === undefined) return call.call(this as unknown as Layer, inputs, kwargs);
    this.invokeCallHook(inputs, kwargs);
    return y;
  };
}
