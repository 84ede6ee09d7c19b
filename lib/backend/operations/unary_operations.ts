import { activateConvolution } from "./convolutions.ts";
import { areFloats, type FastKernel, type FastKernels, partsOf, sizeOf } from "./fast_kernel.ts";
import type { KernelsBackend } from "../kernels_backend.ts";
import type * as tf from "@tensorflow/tfjs-core";

/** Numbers of the operations in assembly/unary.ts, by tfjs's names of the kernels. */
const unaryOperations = {
  Neg: 0,
  Abs: 1,
  Square: 2,
  Sqrt: 3,
  Rsqrt: 4,
  Reciprocal: 5,
  Exp: 6,
  Log: 7,
  Tanh: 8,
  Sigmoid: 9,
  Relu: 10,
  Relu6: 11,
  Step: 12,
  ClipByValue: 13,
  Floor: 14,
  Ceil: 15,
  Elu: 16,
  LeakyRelu: 17,
  Round: 19,
} as const;
type UnaryName = keyof typeof unaryOperations;

/** The attributes that an operation takes as its two numbers. */
const parameters: Partial<Record<UnaryName, readonly string[]>> = {
  Step: ["alpha"],
  ClipByValue: ["clipValueMin", "clipValueMax"],
  LeakyRelu: ["alpha"],
};

/** Those that a convolution which waits takes along. */
const joinable: Partial<Record<UnaryName, "relu" | "sigmoid" | "tanh">> = {
  Relu: "relu",
  Sigmoid: "sigmoid",
  Tanh: "tanh",
};

/** f(x), number by number, into a new tensor. */
export function runUnary(
  backend: KernelsBackend,
  name: UnaryName,
  x: tf.TensorInfo,
  alpha = 0,
  beta = 0,
): tf.TensorInfo {
  const count = sizeOf(x.shape);
  // first, because numbers that wait are computed now, by kernels with descriptors of their own
  const from = backend.addressOf(x);
  const out = backend.allocate(x.shape, "float32");
  const { words, floats } = backend.kernels;
  const parts = partsOf(backend, count);
  words[0] = unaryOperations[name];
  words[1] = from;
  words[2] = backend.addressOf(out);
  words[3] = count;
  words[4] = parts;
  floats[5] = alpha;
  floats[6] = beta;
  backend.kernels.run("unary", parts);
  return out;
}

function unaryKernel(name: UnaryName): FastKernel {
  const [alpha = "", beta = ""] = parameters[name] ?? [];
  return ({ inputs, attrs, backend }) => {
    const x = inputs.x!;
    if (!areFloats(backend, x)) return undefined;
    const joined = joinable[name] && activateConvolution(backend, x, joinable[name]);
    if (joined) return joined;
    return runUnary(backend, name, x, attrs?.[alpha] ?? 0, attrs?.[beta] ?? 0);
  };
}

export const unaryKernels: FastKernels = Object.fromEntries(
  (Object.keys(unaryOperations) as UnaryName[]).map((name) => [name, unaryKernel(name)]),
);
