/**
 * Keras's `Dense` and `Conv2D` as one kernel each where the kernels backend computes. tfjs makes them of a product, a
 * sum and an activation, with tensors of another shape between them, and each of them has a gradient of several
 * kernels. `MaxPooling2D` calls its kernel at once.
 */
import { kernelsBackendName } from "./backend_names.ts";
import { fusedConvolution } from "./fused_convolution.ts";
import { dense, isFusedLayerActivation } from "./fused_layers.ts";
import { runOne } from "./run_kernel.ts";
import * as tf from "./tf.ts";

type Call = tf.layers.Layer["call"];

/** The parts of a layer that are used here; tfjs's types leave them out. */
interface AnyLayer {
  call: Call;
  invokeCallHook(inputs: tf.Tensor | tf.Tensor[], kwargs: object): void;
}

interface WeightedLayer extends AnyLayer {
  readonly activation: { getClassName(): string; apply(x: tf.Tensor): tf.Tensor };
  readonly kernel: tf.LayerVariable;
  readonly bias: tf.LayerVariable | null;
}

interface ConvolutionLayer extends WeightedLayer {
  readonly strides: readonly number[];
  readonly padding: string;
  readonly dataFormat: string;
  readonly dilationRate: number | readonly number[];
}

interface PoolingLayer extends AnyLayer {
  readonly poolSize: [number, number];
  readonly strides: [number, number];
  readonly padding: string;
  readonly dataFormat: string;
}

/** What a layer computes of one tensor; undefined if it is to go the usual way. */
type Short<L> = (layer: L, x: tf.Tensor) => tf.Tensor | undefined;

const shortDense: Short<WeightedLayer> = ({ activation, kernel, bias }, x) => {
  const name = activation.getClassName();
  if (bias === null || !isFusedLayerActivation(name)) return undefined;
  return dense(x, kernel.read(), bias.read(), name);
};

const shortConvolution: Short<ConvolutionLayer> = (layer, x) => {
  const { activation, kernel, bias, strides: [rows = 1, columns = 1] } = layer;
  const { padding, dataFormat } = layer;
  const name = activation.getClassName();
  const isPlain = rows === columns && padding === "valid" && dataFormat === "channelsLast" &&
    [layer.dilationRate].flat().every((rate) => rate === 1);
  if (bias === null || !isPlain || !isFusedLayerActivation(name)) return undefined;
  const attributes = { strides: rows, activation: name, isTurned: false };
  return fusedConvolution(x, kernel.read(), bias.read(), attributes);
};

const shortMaxPooling: Short<PoolingLayer> = ({ poolSize, strides, padding, dataFormat }, x) => {
  const isPlain = padding === "valid" && dataFormat === "channelsLast" && x.rank === 4 &&
    tf.getBackend() === kernelsBackendName;
  if (!isPlain) return undefined;
  return runOne("MaxPool", { x }, { filterSize: poolSize, strides, pad: padding });
};

/** Gives all layers of a class the shorter way. @param any one of them, since the class itself is not exported */
function shorten<L extends AnyLayer>(any: tf.layers.Layer, short: Short<L>): void {
  const { prototype } = any.constructor as unknown as { readonly prototype: AnyLayer };
  const { call } = prototype;
  prototype.call = function (this: AnyLayer, inputs, kwargs) {
    const [x, more] = Array.isArray(inputs) ? inputs : [inputs];
    const y = x !== undefined && more === undefined ? short(this as L, x) : undefined;
    if (y === undefined) return call.call(this as never, inputs, kwargs);
    this.invokeCallHook(inputs, kwargs);
    return y;
  };
}

let isShort = false;

/** Gives all layers of these classes the shorter way, once; they take the usual one for what it does not know. */
export function shortenLayers(): void {
  if (isShort) return;
  isShort = true;
  shorten(tf.layers.dense({ units: 1, name: "any" }), shortDense);
  shorten(tf.layers.conv2d({ filters: 1, kernelSize: 1, name: "any" }), shortConvolution);
  shorten(tf.layers.maxPooling2d({ poolSize: 1, name: "any" }), shortMaxPooling);
}
