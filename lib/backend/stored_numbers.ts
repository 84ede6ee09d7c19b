/** What stands behind a tensor's data id: a block of the kernels' memory, or how to compute it. */
import type * as tf from "@tensorflow/tfjs-core";

/** A block of memory that several may hold; it is given back when the last one lets go. */
export class Block {
  holders = 1;
  /** The same numbers as a product of few rows reads them, kept from one such product to the next. */
  panels: Panels | undefined;

  constructor(readonly at: number) {}
}

/** A matrix that stands as (columns, depth), in panels of columns. */
export interface Panels {
  readonly depth: number;
  readonly block: Block;
}

/** How to compute a tensor's numbers that nobody has needed yet. */
export interface Source {
  /** The numbers, in a block that is the caller's. */
  compute(): Block;
  /** They will not be asked for any more. */
  release(): void;
}

/** Views of the memory as typed arrays. */
export interface Viewer {
  view(numbers: StoredNumbers): Float32Array | Int32Array | Uint8Array;
}

/** A tensor's numbers, as the CPU backend's kernels expect to find them. */
export class StoredNumbers {
  refCount = 1;
  /** The CPU backend looks for it. */
  readonly complexTensorInfos = undefined;
  block: Block | undefined;
  readonly source: Source | undefined;

  constructor(
    readonly viewer: Viewer,
    readonly dtype: tf.DataType,
    readonly length: number,
    from: Block | Source,
  ) {
    if (from instanceof Block) this.block = from;
    else this.source = from;
  }

  /** Where the numbers stand; those that nobody has needed yet are computed. */
  get at(): number {
    return (this.block ??= this.source!.compute()).at;
  }

  /** The numbers themselves. Only kernels that the CPU backend lends look at them. */
  get values(): Float32Array | Int32Array | Uint8Array {
    return this.viewer.view(this);
  }
}

/** What is no array of numbers: strings, and pairs of tensors that are complex numbers together. */
export interface StoredElsewhere {
  refCount: number;
  readonly dtype: tf.DataType;
  values: tf.backend_util.BackendValues | undefined;
  complexTensorInfos?: { real: tf.TensorInfo; imag: tf.TensorInfo };
}
