/** The kernels backend, and plain tfjs beside it. */
import { openBackend } from "../../lib/backend/choose_backend.ts";
import type { KernelsBackend } from "../../lib/backend/kernels_backend.ts";
import * as tf from "../../lib/backend/tf.ts";
import type { Rng } from "../../lib/util/rng.ts";

export const kernels = await openBackend("kernels");

/** The backend itself. */
export function kernelsBackend(): KernelsBackend {
  return tf.findBackend(kernels.tfName) as unknown as KernelsBackend;
}

/** Runs something on the kernels, and the same on the CPU backend; the numbers of both. */
export async function onBoth(
  work: () => tf.Tensor | readonly tf.Tensor[],
): Promise<{ ours: number[][]; plain: number[][] }> {
  const on = async (name: string) => {
    await tf.setBackend(name);
    const results = tf.tidy(() => work() as tf.Tensor[]) as tf.Tensor | tf.Tensor[];
    const list = Array.isArray(results) ? results : [results];
    const numbers = list.map((tensor) => [...tensor.dataSync()]);
    tf.dispose(list);
    return numbers;
  };
  const plain = await on("cpu");
  return { plain, ours: await on(kernels.tfName) };
}

/** Standard normal numbers. */
export function normals(rng: Rng, shape: number[]): tf.Tensor {
  const length = shape.reduce((product, size) => product * size, 1);
  return tf.tensor(Float32Array.from({ length }, () => rng.normal()), shape);
}

/** Largest difference of two lists of lists, relative to the largest number; NaN and infinities must agree. */
export function worstDifference(a: readonly number[][], b: readonly number[][]): number {
  let worst = a.length === b.length ? 0 : Infinity;
  a.forEach((list, k) => {
    const other = b[k]!;
    if (list.length !== other.length) worst = Infinity;
    const scale = list.reduce(
      (most, x) => Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most,
      1,
    );
    list.forEach((x, i) => {
      const y = other[i]!;
      if (Object.is(x, y) || x === y) return;
      const difference = Math.abs(x - y) / scale;
      worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference);
    });
  });
  return worst;
}
