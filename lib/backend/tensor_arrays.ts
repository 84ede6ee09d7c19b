/** A tensor's numbers as arrays, without the copies that tfjs makes where the kernels backend computes. */
import * as tf from "@tensorflow/tfjs-core";
import { kernelsBackendName } from "./backend_names.ts";
import type { KernelsBackend } from "./kernels_backend.ts";

function kernelsBackend(): KernelsBackend | undefined {
  return tf.getBackend() === kernelsBackendName
    ? tf.backend() as unknown as KernelsBackend
    : undefined;
}

/** The numbers of a tensor, to be read before the tensor is disposed of, and not to be changed. */
export function numbersOf(tensor: tf.Tensor): Float32Array | Int32Array | Uint8Array {
  const backend = kernelsBackend();
  return backend?.has(tensor) ? backend.numbers(tensor).values : tensor.dataSync();
}

/** A copy of a float32 tensor's numbers; on the kernels they are there at once, without tfjs's promises. */
export async function copyOfNumbers(tensor: tf.Tensor): Promise<Float32Array> {
  const backend = kernelsBackend();
  if (!backend?.has(tensor)) return (await tensor.data<"float32">()).slice();
  return backend.numbers(tensor).values.slice() as Float32Array;
}

/** A float32 tensor that `fill` writes; it is given zeros. */
export function tensorOf(shape: number[], fill: (numbers: Float32Array) => void): tf.Tensor {
  const backend = kernelsBackend();
  if (backend === undefined) {
    const numbers = new Float32Array(tf.util.sizeFromShape(shape));
    fill(numbers);
    return tf.tensor(numbers, shape);
  }
  const info = backend.allocate(shape, "float32");
  const numbers = backend.numbers(info).values as Float32Array;
  numbers.fill(0);
  fill(numbers);
  return tf.engine().makeTensorFromTensorInfo(info);
}
