import type * as tf from "@tensorflow/tfjs-core";
import type { KernelsBackend } from "../kernels_backend.ts";

/** What a kernel is called with. */
export interface Call {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  // deno-lint-ignore no-explicit-any
  readonly attrs: any;
  readonly backend: KernelsBackend;
}

/**
 * A kernel of tfjs that SIMD kernels compute. It returns undefined for what they do not know (other types, empty
 * tensors, unusual shapes); the CPU backend's kernel of the same name computes that.
 */
export type FastKernel = (call: Call) => tf.TensorInfo | tf.TensorInfo[] | undefined;

/** Kernels by tfjs's names. */
export type FastKernels = Readonly<Record<string, FastKernel>>;

/** Numbers in a tensor of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

/** Whether all are float32, in memory too, and none is empty. */
export function areFloats(backend: KernelsBackend, ...tensors: readonly tf.TensorInfo[]): boolean {
  return tensors.every((tensor) =>
    tensor.dtype === "float32" && backend.storedType(tensor) === "float32" &&
    !tensor.shape.includes(0)
  );
}

/** The type of a tensor that is not empty and whose numbers take 32 bits each, else undefined. */
export function wordType(
  backend: KernelsBackend,
  tensor: tf.TensorInfo,
): "float32" | "int32" | undefined {
  const { dtype, shape } = tensor;
  const isWord = dtype === "float32" || dtype === "int32";
  return isWord && backend.storedType(tensor) === dtype && !shape.includes(0) ? dtype : undefined;
}

/** Numbers that are worth a thread of their own. */
const GRAIN = 16384;

/** Parts of a job on `count` numbers that are independent of each other. */
export function partsOf(backend: KernelsBackend, count: number): number {
  const { threads } = backend.kernels;
  return threads === 1 ? 1 : Math.max(1, Math.min(2 * threads, Math.floor(count / GRAIN)));
}
