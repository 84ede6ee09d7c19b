import type * as tf from "../../backend/tf.ts";

type Layer = tf.Sequential["layers"][number];

/** Layers that need nothing of tfjs's executor but their inputs: no masks, no state. */
const plainLayers: ReadonlySet<string> = new Set([
  ...["Activation", "AveragePooling2D", "BatchNormalization", "Conv2D", "Dense", "Dropout"],
  ...["Flatten", "FurtherActivationLayer", "MaxPooling2D", "SeededDropout", "ZeroPadding2D"],
]);

/** Whether all layers are plain, so that `applyStack` takes them. */
export function isPlainStack(layers: readonly Layer[]): boolean {
  return layers.every((layer) => plainLayers.has(layer.getClassName()));
}

/**
 * What plain layers compute, one after the other; undefined if there are others among them. `predict` cuts the inputs
 * into batches, feeds them to an executor that checks the inputs of every layer, and joins the results, which takes
 * longer than one image in the layers themselves.
 */
export function applyStack(
  layers: readonly Layer[],
  images: tf.Tensor4D,
  options: { readonly training?: boolean } = {},
): tf.Tensor | undefined {
  if (!isPlainStack(layers)) return undefined;
  return layers.reduce<tf.Tensor>((x, layer) => layer.call(x, options) as tf.Tensor, images);
}
