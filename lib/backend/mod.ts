/**
 * A backend of TensorFlow.js in WebAssembly, on which networks can be trained. Any program that imports
 * `@tensorflow/tfjs` computes on it after `await openBackend("kernels")`. A web page calls `openInPage` instead.
 *
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { openBackend } from "@lenet/three-ways/backend";
 *
 * const { runsOn } = await openBackend("kernels");
 * const product = tf.matMul(tf.ones([2, 3]), tf.ones([3, 2]));
 * console.log(runsOn, await product.data());
 * ```
 * @module
 */
export {
  type Backend,
  type BackendName,
  backendNames,
  type KernelsBackendOptions,
  openBackend,
  withBackend,
} from "./choose_backend.ts";
export { openInPage, type PageBackend, type PageOptions, type PageParts } from "./web.ts";
export type { TensorBuild } from "../kernels/tensor/open_tensor_kernels.ts";
