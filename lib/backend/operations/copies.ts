import * as tf from "@tensorflow/tfjs-core";
import type { KernelsBackend } from "../kernels_backend.ts";
import type { Convolution } from "../lazy_convolution.ts";
import type { Block, Source } from "../stored_numbers.ts";
import { waitingConvolution } from "./convolutions.ts";
import { type FastKernel, type FastKernels, partsOf, sizeOf, wordType } from "./fast_kernel.ts";
import { collapse, type Dimension, stridesOf, writeDimensions } from "./strided.ts";

/**
 * Copies numbers of 32 bits from places with strides to places with strides.
 * @param dimensions strides of input and output
 */
function copyStrided(
  backend: KernelsBackend,
  from: number,
  to: number,
  dimensions: readonly Dimension[],
): void {
  const { kernels } = backend, { words } = kernels;
  const outer = collapse(dimensions);
  const last = outer.at(-1);
  // a row of the output has no gaps
  const inner = last?.strides[1] === 1 ? outer.pop()! : { size: 1, strides: [1, 1] };
  const rows = outer.reduce((product, { size }) => product * size, 1);
  const parts = Math.min(rows, partsOf(backend, rows * inner.size));
  words.set([from, to, rows, inner.size, 4 * inner.strides[0]!, parts, outer.length]);
  writeDimensions(words, 7, outer);
  kernels.run("copyRows", parts);
}

function transpose(
  backend: KernelsBackend,
  x: tf.TensorInfo,
  perm: readonly number[],
): tf.TensorInfo | undefined {
  const dtype = wordType(backend, x);
  if (dtype === undefined) return undefined;
  const shape = perm.map((axis) => x.shape[axis]!);
  const dimensions = turnedDimensions(x.shape, perm);
  // where only dimensions of size 1 change places the numbers stay where they are
  if (dimensions.length < 2) return backend.share(x, shape);
  const convolution = waitingConvolution(backend, x);
  // nobody may ever need the turned numbers either
  if (convolution) {
    return backend.wrap(shape, dtype, new TurnedConvolution(convolution, dimensions));
  }
  const out = backend.allocate(shape, dtype);
  turn(backend, backend.addressOf(x), backend.addressOf(out), dimensions);
  return out;
}

/** The dimensions of a transpose, with strides of its input and its output. */
export function turnedDimensions(from: readonly number[], perm: readonly number[]): Dimension[] {
  const strides = stridesOf(from), own = stridesOf(perm.map((axis) => from[axis]!));
  return collapse(
    perm.map((axis, k) => ({ size: from[axis]!, strides: [strides[axis]!, own[k]!] })),
  );
}

/** Copies numbers with their dimensions in another order. */
export function turn(
  backend: KernelsBackend,
  from: number,
  to: number,
  dimensions: readonly Dimension[],
): void {
  const matrix = matrixOf(dimensions);
  if (matrix === undefined) return copyStrided(backend, from, to, dimensions);
  const { kernels } = backend, { batch, rows, columns } = matrix;
  const parts = partsOf(backend, batch * rows * columns);
  kernels.words.set([from, to, batch, rows, columns, parts]);
  kernels.run("transposeMatrices", parts);
}

/** The transpose of a convolution that waits; it waits with it. */
class TurnedConvolution implements Source {
  readonly isSpent = true;
  readonly #convolution: Convolution;

  constructor(convolution: Convolution, readonly dimensions: readonly Dimension[]) {
    this.#convolution = convolution.hold();
  }

  compute(): Block {
    const { backend, outputSize } = this.#convolution;
    return backend.makeBlock(4 * outputSize, (block) => {
      const whole = this.#convolution.compute();
      turn(backend, whole.at, block.at, this.dimensions);
      backend.releaseBlock(whole);
    });
  }

  release(): void {
    this.#convolution.release();
  }
}

/** The matrices that a transpose turns, if it does no more than that: the output is (batch, columns, rows). */
function matrixOf(
  dimensions: readonly Dimension[],
): { batch: number; rows: number; columns: number } | undefined {
  const [columns, rows] = dimensions.slice(-2);
  if (dimensions.length > 3 || !columns || !rows) return undefined;
  const isTurned = columns.strides[0] === 1 && rows.strides[0] === columns.size;
  const batch = dimensions.length === 3 ? dimensions[0]! : undefined;
  const size = rows.size * columns.size;
  if (!isTurned || (batch && batch.strides[0] !== size)) return undefined;
  return { batch: batch?.size ?? 1, rows: rows.size, columns: columns.size };
}

const slice: FastKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!, dtype = wordType(backend, x);
  if (dtype === undefined) return undefined;
  const [begin, size] = tf.slice_util
    .parseSliceParams(x as tf.Tensor, attrs.begin, attrs.size) as [number[], number[]];
  tf.slice_util.assertParamsValid(x, begin, size);
  if (size.includes(0)) return undefined;
  const out = backend.allocate(size, dtype);
  const strides = stridesOf(x.shape), own = stridesOf(size);
  const first = begin.reduce((sum, at, k) => sum + at * strides[k]!, 0);
  copyStrided(
    backend,
    backend.addressOf(x) + 4 * first,
    backend.addressOf(out),
    size.map((length, k) => ({ size: length, strides: [strides[k]!, own[k]!] })),
  );
  return out;
};

const concat: FastKernel = ({ inputs, attrs, backend }) => {
  const tensors = inputs as unknown as tf.TensorInfo[];
  const dtype = wordType(backend, tensors[0]!);
  if (tensors.length < 2 || dtype === undefined) return undefined;
  if (!tensors.every((tensor) => wordType(backend, tensor) === dtype)) return undefined;
  const axis = tf.util.parseAxisParam(attrs.axis, tensors[0]!.shape)[0]!;
  const shapes = tensors.map(({ shape }) => shape);
  tf.backend_util.assertParamsConsistent(shapes, axis);
  const shape = tf.backend_util.computeOutShape(shapes, axis);
  const out = backend.allocate(shape, dtype);
  const outer = sizeOf(shape.slice(0, axis)), row = sizeOf(shape.slice(axis));
  let to = backend.addressOf(out);
  for (const tensor of tensors) {
    const own = sizeOf(tensor.shape.slice(axis));
    copyStrided(backend, backend.addressOf(tensor), to, [
      { size: outer, strides: [own, row] },
      { size: own, strides: [1, 1] },
    ]);
    to += 4 * own;
  }
  return out;
};

/** A word that stands for a number of a type. */
function wordOf(backend: KernelsBackend, value: number, dtype: "float32" | "int32"): number {
  const { words, floats } = backend.kernels;
  if (dtype === "int32") return value | 0;
  floats[0] = value;
  return words[0]!;
}

function fill(backend: KernelsBackend, out: tf.TensorInfo, word: number): void {
  const count = sizeOf(out.shape), parts = partsOf(backend, count);
  backend.kernels.words.set([backend.addressOf(out), count, word, parts]);
  backend.kernels.run("fill", parts);
}

const pad: FastKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!, dtype = wordType(backend, x);
  const paddings = attrs.paddings as [number, number][];
  if (dtype === undefined || paddings.some(([before, after]) => before < 0 || after < 0)) {
    return undefined;
  }
  const shape = x.shape.map((size, k) => paddings[k]![0] + size + paddings[k]![1]);
  const out = backend.allocate(shape, dtype);
  fill(backend, out, wordOf(backend, attrs.constantValue, dtype));
  const strides = stridesOf(x.shape), own = stridesOf(shape);
  const first = paddings.reduce((sum, [before], k) => sum + before * own[k]!, 0);
  copyStrided(
    backend,
    backend.addressOf(x),
    backend.addressOf(out) + 4 * first,
    x.shape.map((size, k) => ({ size, strides: [strides[k]!, own[k]!] })),
  );
  return out;
};

const fillKernel: FastKernel = ({ attrs, backend }) => {
  const { shape, value } = attrs as { shape: number[]; value: number | string };
  const dtype = (attrs.dtype ?? tf.util.inferDtype(value)) as tf.DataType;
  if ((dtype !== "float32" && dtype !== "int32") || typeof value !== "number") return undefined;
  if (shape.includes(0)) return undefined;
  const out = backend.allocate(shape, dtype);
  fill(backend, out, wordOf(backend, value, dtype));
  return out;
};

const gather: FastKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!, indices = inputs.indices!, dtype = wordType(backend, x);
  const batchDims = attrs.batchDims ?? 0;
  if (dtype === undefined || batchDims !== 0 || wordType(backend, indices) !== "int32") {
    return undefined;
  }
  const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0]!;
  const size = x.shape[axis]!, count = sizeOf(indices.shape);
  const values = new Int32Array(backend.kernels.memory.buffer, backend.addressOf(indices), count);
  // the CPU backend's kernel says which index is outside
  if (values.some((index) => index < 0 || index >= size)) return undefined;
  const { outputShape } = tf.backend_util.segment_util
    .collectGatherOpShapeInfo(x as tf.Tensor, indices as tf.Tensor, axis, 0);
  const out = backend.allocate(outputShape, dtype);
  const outer = sizeOf(x.shape.slice(0, axis)), inner = sizeOf(x.shape.slice(axis + 1));
  const parts = Math.min(outer * count, partsOf(backend, outer * count * inner));
  backend.kernels.words.set([
    ...[backend.addressOf(x), backend.addressOf(indices), backend.addressOf(out)],
    ...[outer, size, count, inner, parts],
  ]);
  backend.kernels.run("gatherRows", parts);
  return out;
};

const oneHot: FastKernel = ({ inputs, attrs, backend }) => {
  const indices = inputs.indices!;
  const { depth, onValue, offValue } = attrs as Record<"depth" | "onValue" | "offValue", number>;
  const dtype = (attrs.dtype ?? "int32") as tf.DataType;
  if (wordType(backend, indices) !== "int32" || (dtype !== "float32" && dtype !== "int32")) {
    return undefined;
  }
  const out = backend.allocate([...indices.shape, depth], dtype);
  const on = wordOf(backend, onValue, dtype), off = wordOf(backend, offValue, dtype);
  backend.kernels.words.set([
    ...[backend.addressOf(indices), backend.addressOf(out), sizeOf(indices.shape), depth, on, off],
  ]);
  backend.kernels.run("oneHotRows", 1);
  return out;
};

/** Types by the numbers that assembly/copy.ts has for them. */
const typeNumbers: Partial<Record<tf.DataType, number>> = { float32: 0, int32: 1, bool: 2 };

/** The ends of int32. */
const [MOST, LEAST] = [2 ** 31 - 1, -(2 ** 31)];

const cast: FastKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!, dtype = attrs.dtype as "float32" | "int32" | "bool";
  const [from, to] = [typeNumbers[backend.storedType(x)], typeNumbers[dtype]];
  // numbers that keep their type keep their memory too
  if (from === undefined || to === undefined || from === to) return undefined;
  const out = backend.allocate(x.shape, dtype), count = sizeOf(x.shape);
  const parts = partsOf(backend, count);
  backend.kernels.words.set([
    ...[from, to, backend.addressOf(x), backend.addressOf(out), count, parts],
  ]);
  backend.kernels.run("castNumbers", parts);
  if (dtype !== "int32") return out;
  // beyond int32 the kernel stops at its ends, where tfjs goes on from the other end
  const { values } = backend.numbers(out);
  if (!values.includes(MOST) && !values.includes(LEAST)) return out;
  backend.disposeData(out.dataId);
};

/** The same numbers once more; what the backend does not hold as numbers is the CPU backend's. */
const identity: FastKernel = ({ inputs, backend }) => {
  const x = inputs.x!;
  return backend.has(x) ? backend.share(x, x.shape) : undefined;
};

/** The same numbers in another shape, of which one size may be left open with −1. */
const reshape: FastKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!, size = sizeOf(x.shape), shape = [...attrs.shape as number[]];
  const open = shape.indexOf(-1);
  if (open >= 0) shape[open] = -size / sizeOf(shape);
  // the CPU backend's kernel says what is wrong with others
  const fits = shape.every((size) => Number.isInteger(size) && size >= 0) && sizeOf(shape) === size;
  return fits && backend.has(x) ? backend.share(x, shape) : undefined;
};

const zerosLike: FastKernel = ({ inputs, backend }) => {
  const x = inputs.x!, dtype = wordType(backend, x);
  if (dtype === undefined) return undefined;
  const out = backend.allocate(x.shape, dtype);
  fill(backend, out, 0);
  return out;
};

export const copyKernels: FastKernels = {
  Identity: identity,
  Reshape: reshape,
  Transpose: ({ inputs, attrs, backend }) => transpose(backend, inputs.x!, attrs.perm),
  Slice: slice,
  Concat: concat,
  PadV2: pad,
  Fill: fillKernel,
  ZerosLike: zerosLike,
  GatherV2: gather,
  OneHot: oneHot,
  Cast: cast,
};
