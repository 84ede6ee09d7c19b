import * as tf from "@tensorflow/tfjs-core";
import type { KernelsBackend } from "../kernels_backend.ts";
import { biasGradient } from "./convolutions.ts";
import type { Block } from "../stored_numbers.ts";
import { areFloats, type FastKernel, type FastKernels, partsOf, sizeOf } from "./fast_kernel.ts";

/** Numbers of the reductions in assembly/reduce.ts, by tfjs's names of the kernels. */
const reductions = { Sum: 0, Max: 1, Min: 2, Prod: 3 } as const;

/** Rows that are joined at a time, before what they gave is joined: for rounding, and for the threads. */
const CHUNK_ROWS = 512;
const CHUNK_NUMBERS = 4096;
/** Columns that a row should have, so that no vector is partly empty. */
const WIDE_ROW = 32;

/** Neighbouring dimensions of a shape that are kept, or reduced, together. */
interface Group {
  readonly size: number;
  readonly isReduced: boolean;
}

function groupsOf(shape: readonly number[], axes: readonly number[]): Group[] {
  const groups: Group[] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const isReduced = axes.includes(axis), last = groups.at(-1);
    if (last?.isReduced === isReduced) {
      groups[groups.length - 1] = { size: last.size * size, isReduced };
    } else groups.push({ size, isReduced });
  });
  return groups;
}

/** Calls the kernels of one reduction, with memory between its steps that it gives back at the end. */
class Reducer {
  readonly #temporary: Block[] = [];

  constructor(readonly backend: KernelsBackend, readonly op: number) {}

  /** (outer, rows, inner) at `x` to (outer, inner), at `to` or somewhere. */
  reduce(
    x: number,
    outer: number,
    rows: number,
    inner: number,
    divisor: number,
    to?: number,
  ): number {
    if (inner === 1) return this.#rows(x, outer, rows, divisor, to);
    if (inner < WIDE_ROW && outer === 1 && rows >= 4 * CHUNK_ROWS) {
      // few columns: several rows side by side, as far as they go; the rest of the rows follows
      const side = 2 ** Math.floor(Math.log2(2 * WIDE_ROW / inner)),
        whole = Math.floor(rows / side);
      const halves = this.#columns(x, 1, whole, side * inner, 1);
      const rest = rows - whole * side;
      const all = this.#take((side + rest) * inner);
      this.#copy(halves, all, side * inner);
      this.#copy(x + 4 * whole * side * inner, all + 4 * side * inner, rest * inner);
      return this.#columns(all, 1, side + rest, inner, divisor, to);
    }
    return this.#columns(x, outer, rows, inner, divisor, to);
  }

  #rows(x: number, rows: number, inner: number, divisor: number, to?: number): number {
    if (rows === 1 && inner > 2 * CHUNK_NUMBERS) {
      const chunks = Math.ceil(inner / CHUNK_NUMBERS);
      const partial = this.#take(chunks);
      this.#runRows(x, partial, inner, CHUNK_NUMBERS, 1);
      return this.#rows(partial, 1, chunks, divisor, to);
    }
    const out = to ?? this.#take(rows);
    this.#runRows(x, out, rows * inner, inner, divisor);
    return out;
  }

  #runRows(x: number, to: number, total: number, inner: number, divisor: number): void {
    const { kernels } = this.backend, { words, floats } = kernels;
    const parts = partsOf(this.backend, total);
    words.set([this.op, x, to, total, inner, parts]);
    floats[6] = divisor;
    kernels.run("reduceRows", parts);
  }

  #columns(
    x: number,
    outer: number,
    rows: number,
    inner: number,
    divisor: number,
    to?: number,
  ): number {
    const chunks = rows > 2 * CHUNK_ROWS ? Math.ceil(rows / CHUNK_ROWS) : 1;
    const out = chunks === 1 && to !== undefined ? to : this.#take(outer * chunks * inner);
    const { kernels } = this.backend, { words, floats } = kernels;
    const parts = Math.min(outer * chunks, partsOf(this.backend, outer * rows * inner));
    words.set([this.op, x, out, outer, rows, inner, chunks, parts]);
    floats[8] = chunks === 1 ? divisor : 1;
    kernels.run("reduceColumns", parts);
    return chunks === 1 ? out : this.#columns(out, outer, chunks, inner, divisor, to);
  }

  #copy(from: number, to: number, count: number): void {
    const all = new Uint8Array(this.backend.kernels.memory.buffer);
    all.copyWithin(to, from, from + 4 * count);
  }

  #take(count: number): number {
    const block = this.backend.takeBlock(4 * count);
    this.#temporary.push(block);
    return block.at;
  }

  end(): void {
    for (const block of this.#temporary) this.backend.releaseBlock(block);
  }
}

/** Reduces a tensor over some axes, largest group of axes last; `divisor` makes a mean of a sum. */
export function runReduction(
  backend: KernelsBackend,
  name: keyof typeof reductions,
  x: tf.TensorInfo,
  axes: readonly number[],
  keepDims: boolean,
  isMean = false,
): tf.TensorInfo | undefined {
  const [kept, reduced] = tf.backend_util.computeOutAndReduceShapes(x.shape, [...axes]);
  const groups = groupsOf(x.shape, axes);
  if (!groups.some(({ isReduced }) => isReduced)) return undefined;
  const shape = keepDims ? tf.backend_util.expandShapeToKeepDim(kept, [...axes]) : kept;
  const out = backend.allocate(shape, "float32"), to = backend.addressOf(out);
  const reducer = new Reducer(backend, reductions[name]);
  try {
    reduceGroups(reducer, backend.addressOf(x), groups, isMean ? sizeOf(reduced) : 1, to);
  } finally {
    reducer.end();
  }
  return out;
}

/** Reduces one group of axes after the other, the last one to `to`. */
function reduceGroups(
  reducer: Reducer,
  x: number,
  groups: Group[],
  divisor: number,
  to: number,
): void {
  let at = x;
  for (;;) {
    const last = groups.findLastIndex(({ isReduced }) => isReduced);
    const size = (list: readonly Group[]) =>
      list.reduce((product, group) => product * group.size, 1);
    const [outer, inner] = [size(groups.slice(0, last)), size(groups.slice(last + 1))];
    const rows = groups[last]!.size;
    groups.splice(last, 1);
    const isLast = !groups.some(({ isReduced }) => isReduced);
    if (isLast) return void reducer.reduce(at, outer, rows, inner, divisor, to);
    at = reducer.reduce(at, outer, rows, inner, 1);
  }
}

function reductionKernel(name: keyof typeof reductions, isMean = false): FastKernel {
  return ({ inputs, attrs, backend }) => {
    const x = inputs.x!;
    if (!areFloats(backend, x)) return undefined;
    // tf.max calls its axes reductionIndices
    const axes = tf.util.parseAxisParam(attrs.axis ?? attrs.reductionIndices, x.shape);
    if (name === "Sum" && !isMean) {
      const bias = biasGradient(backend, x, axes, attrs.keepDims ?? false);
      if (bias) return bias;
    }
    return runReduction(backend, name, x, axes, attrs.keepDims ?? false, isMean);
  };
}

function argumentKernel(smallest: 0 | 1): FastKernel {
  return ({ inputs, attrs, backend }) => {
    const x = inputs.x!;
    const [axis = 0, ...more] = tf.util.parseAxisParam(attrs.axis, x.shape);
    if (!areFloats(backend, x) || more.length > 0 || axis !== x.shape.length - 1) return undefined;
    const shape = x.shape.slice(0, -1), rows = sizeOf(shape);
    const out = backend.allocate(shape, "int32");
    const { kernels } = backend, parts = partsOf(backend, rows * x.shape[axis]!);
    kernels.words.set([
      ...[smallest, backend.addressOf(x), backend.addressOf(out)],
      ...[rows, x.shape[axis]!, parts],
    ]);
    kernels.run("argmaxRows", parts);
    return out;
  };
}

const softmax: FastKernel = ({ inputs, attrs, backend }) => {
  const logits = inputs.logits!, rank = logits.shape.length;
  if (!areFloats(backend, logits) || rank === 0 || (attrs.dim !== -1 && attrs.dim !== rank - 1)) {
    return undefined;
  }
  const out = backend.allocate(logits.shape, "float32");
  const columns = logits.shape[rank - 1]!, rows = sizeOf(logits.shape) / columns;
  const { kernels } = backend, parts = partsOf(backend, 8 * rows * columns);
  kernels.words.set([
    ...[backend.addressOf(logits), backend.addressOf(out), rows, columns, parts],
  ]);
  kernels.run("softmaxRows", parts);
  return out;
};

export const reductionKernels: FastKernels = {
  Sum: reductionKernel("Sum"),
  Mean: reductionKernel("Sum", true),
  Max: reductionKernel("Max"),
  Min: reductionKernel("Min"),
  Prod: reductionKernel("Prod"),
  ArgMax: argumentKernel(0),
  ArgMin: argumentKernel(1),
  Softmax: softmax,
};
