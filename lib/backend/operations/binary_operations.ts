import * as tf from "@tensorflow/tfjs-core";
import type { KernelsBackend } from "../kernels_backend.ts";
import { activationGradientInside, addBias } from "./convolutions.ts";
import type { Block } from "../stored_numbers.ts";
import { areFloats, type FastKernel, type FastKernels, partsOf, sizeOf } from "./fast_kernel.ts";
import { broadcastStrides, collapse, type Dimension, writeDimensions } from "./strided.ts";

/** Numbers of the operations in assembly/binary.ts, by tfjs's names of the kernels, and some of our own. */
const binaryOperations = {
  Add: 0,
  Sub: 1,
  Multiply: 2,
  RealDiv: 3,
  Maximum: 4,
  Minimum: 5,
  SquaredDifference: 6,
  DivNoNan: 7,
  TanhGradient: 8,
  SigmoidGradient: 9,
  ReluGradient: 10,
  EluGrad: 11,
  Equal: 16,
  NotEqual: 17,
  Greater: 18,
  GreaterEqual: 19,
  Less: 20,
  LessEqual: 21,
} as const;
type BinaryName = keyof typeof binaryOperations;

/** Rows shorter than this are repeated until they are as long. */
const SHORT_ROW = 64;
/** Dimensions that a descriptor has room for. */
const MOST_DIMENSIONS = 64;

/** How two tensors are gone through: see `binary` in the assembly. */
interface Plan {
  readonly shape: number[];
  readonly outer: readonly Dimension[];
  readonly inner: Dimension;
}

function plan(a: readonly number[], b: readonly number[]): Plan {
  const shape = tf.backend_util.assertAndGetBroadcastShape([...a], [...b]);
  const [strideA, strideB] = [broadcastStrides(a, shape.length), broadcastStrides(b, shape.length)];
  const dimensions = collapse(
    shape.map((size, k) => ({ size, strides: [strideA[k]!, strideB[k]!] })),
  );
  const inner = dimensions.pop() ?? { size: 1, strides: [0, 0] };
  return { shape, outer: dimensions, inner };
}

/** f(a, b), number by number with broadcasting, into a new tensor. */
export function runBinary(
  backend: KernelsBackend,
  name: BinaryName,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
): tf.TensorInfo {
  const op = binaryOperations[name];
  const isSame = a.shape.length === b.shape.length &&
    a.shape.every((size, k) => size === b.shape[k]);
  const { shape, outer, inner } = isSame
    ? { shape: a.shape, outer: [], inner: { size: sizeOf(a.shape), strides: [1, 1] } }
    : plan(a.shape, b.shape);
  const out = backend.allocate(shape, op >= binaryOperations.Equal ? "bool" : "float32");
  const total = sizeOf(shape), { kernels } = backend, { words } = kernels;
  const addresses = [backend.addressOf(a), backend.addressOf(b)];
  const only = outer.length === 1 ? outer[0]! : undefined;
  // one side repeats a short row, as a bias does: it is written out some times, for longer rows
  const repeated = only && inner.size < SHORT_ROW && only.size > 8
    ? only.strides.findIndex((stride, i) => {
      const other = 1 - i;
      return stride === 0 && inner.strides[i] === 1 && inner.strides[other] === 1 &&
        only.strides[other] === inner.size;
    })
    : -1;
  let length = inner.size, dimensions: readonly Dimension[] = outer;
  let pattern: Block | undefined;
  if (repeated >= 0) {
    const times = Math.ceil(2 * SHORT_ROW / inner.size);
    length = times * inner.size;
    pattern = backend.takeBlock(4 * length);
    const at = addresses[repeated]! / 4;
    const all = new Float32Array(kernels.memory.buffer, pattern.at, length);
    const row = new Float32Array(kernels.memory.buffer, 4 * at, inner.size);
    for (let k = 0; k < times; k++) all.set(row, k * inner.size);
    addresses[repeated] = pattern.at;
    dimensions = [{
      size: Math.ceil(total / length),
      strides: only!.strides.map((stride) => times * stride),
    }];
  }
  const parts = partsOf(backend, total);
  words[0] = op;
  words[1] = addresses[0]!;
  words[2] = addresses[1]!;
  words[3] = backend.addressOf(out);
  words[4] = total;
  words[5] = length;
  words[6] = inner.strides[0]!;
  words[7] = inner.strides[1]!;
  words[8] = parts;
  words[9] = dimensions.length;
  writeDimensions(words, 10, dimensions);
  kernels.run("binary", parts);
  if (pattern) backend.releaseBlock(pattern);
  return out;
}

function binaryKernel(name: BinaryName): FastKernel {
  const [first, second] = name === "EluGrad" ? ["dy", "y"] : ["a", "b"];
  return ({ inputs, backend }) => {
    const a = inputs[first!]!, b = inputs[second!]!;
    if (!areFloats(backend, a, b) || Math.max(a.shape.length, b.shape.length) > MOST_DIMENSIONS) {
      return undefined;
    }
    if (name === "Add") {
      const biased = addBias(backend, a, b);
      if (biased) return biased;
    }
    return runBinary(backend, name, a, b);
  };
}

/** The gradient before an activation from that after it, `dy`, and its result or (relu) its input. */
function activationGradient(
  name: "TanhGradient" | "SigmoidGradient" | "ReluGradient",
  activation: "relu" | "sigmoid" | "tanh",
): FastKernel {
  return ({ inputs, backend }) => {
    const dy = inputs.dy!, y = inputs.y!;
    return activationGradientInside(backend, dy, y, activation, activation === "relu") ??
      runBinary(backend, name, dy, y);
  };
}

const select: FastKernel = ({ inputs, backend }) => {
  const { condition, t, e } = inputs as Record<"condition" | "t" | "e", tf.TensorInfo>;
  const isSame = tf.util.arraysEqual(condition.shape, t.shape);
  if (!areFloats(backend, t, e) || condition.dtype !== "bool" || !isSame) return undefined;
  const count = sizeOf(t.shape), { kernels } = backend, { words } = kernels;
  const out = backend.allocate(t.shape, "float32");
  const parts = partsOf(backend, count);
  words.set([condition, t, e, out].map((tensor) => backend.addressOf(tensor)));
  words[4] = count;
  words[5] = parts;
  kernels.run("select", parts);
  return out;
};

export const binaryKernels: FastKernels = {
  ...Object.fromEntries(
    (Object.keys(binaryOperations) as BinaryName[]).map((name) => [name, binaryKernel(name)]),
  ),
  Select: select,
  // tfjs has none of these; see activation_gradients.ts
  TanhGradient: activationGradient("TanhGradient", "tanh"),
  SigmoidGradient: activationGradient("SigmoidGradient", "sigmoid"),
  ReluGradient: activationGradient("ReluGradient", "relu"),
};
