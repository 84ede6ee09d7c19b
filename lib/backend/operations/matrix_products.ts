import * as tf from "@tensorflow/tfjs-core";
import type { FusedActivation } from "../../kernels/tensor/tensor_operations.ts";
import type { KernelsBackend } from "../kernels_backend.ts";
import { areFloats, type FastKernel, type FastKernels, sizeOf } from "./fast_kernel.ts";
import { activationOf } from "./fused_activations.ts";

const matMul: FastKernel = ({ inputs, attrs, backend }) => {
  const { a, b, bias, preluActivationWeights } = inputs;
  const activation = activationOf(attrs);
  const floats = [a!, b!, ...(bias ? [bias] : [])];
  if (!areFloats(backend, ...floats) || activation === undefined || preluActivationWeights) {
    return undefined;
  }
  return runMatMul(backend, a!, b!, {
    transposeA: attrs.transposeA ?? false,
    transposeB: attrs.transposeB ?? false,
    activation,
    bias,
    alpha: attrs.leakyreluAlpha,
  });
};

/** Up to so many rows, to pack the other matrix takes longer than to multiply with it. */
const MOST_ROWS_WITH_KEPT_PANELS = 6;

/** op(a)·op(b) for matrices or stacks of them, with bias and activation. */
export function runMatMul(
  backend: KernelsBackend,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA = false, transposeB = false, bias, activation = "linear", alpha }: {
    readonly transposeA?: boolean;
    readonly transposeB?: boolean;
    readonly bias?: tf.TensorInfo | undefined;
    readonly activation?: FusedActivation;
    readonly alpha?: number | undefined;
  },
): tf.TensorInfo | undefined {
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const [rows, depth] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [depthB, columns] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  const [stackA, stackB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [countA, countB] = [sizeOf(stackA), sizeOf(stackB)];
  const batch = Math.max(countA, countB);
  // one of the stacks may be a single matrix; other broadcasting is the CPU backend's
  const isSame = tf.util.arraysEqual(stackA, stackB);
  if (depth !== depthB || (!isSame && countA !== 1 && countB !== 1)) return undefined;
  if (bias && sizeOf(bias.shape) !== columns) return undefined;
  const stack = tf.backend_util.assertAndGetBroadcastShape(stackA, stackB);
  const out = backend.allocate([...stack, rows, columns], "float32");
  // in inference the same weights multiply one image after the other
  const keepsPanels = transposeB && rows <= MOST_ROWS_WITH_KEPT_PANELS && batch === 1 &&
    tf.engine().state.gradientDepth === 0;
  backend.kernels.matMul({
    ...{ batch, rows, depth, columns, transposeA, transposeB, activation },
    a: backend.addressOf(a),
    b: backend.addressOf(b),
    c: backend.addressOf(out),
    strideA: countA === 1 ? 0 : rows * depth,
    strideB: countB === 1 ? 0 : depth * columns,
    ...(bias ? { bias: backend.addressOf(bias) } : {}),
    ...(keepsPanels
      ? { panels: backend.panelsOf(backend.numbers(b).compute(), depth, columns, true) }
      : {}),
    ...(alpha !== undefined ? { alpha } : {}),
  });
  return out;
}

export const matrixKernels: FastKernels = { BatchMatMul: matMul, _FusedMatMul: matMul };
