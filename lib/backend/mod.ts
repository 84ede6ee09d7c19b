/**
 * TensorFlow.js on WebAssembly kernels that train, by itself: any program that imports `@tensorflow/tfjs` runs on them
 * after `await openBackend("kernels")`, in a web page after `openInPage`.
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
