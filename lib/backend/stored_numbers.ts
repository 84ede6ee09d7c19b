/** What stands behind a tensor's data id: a block of the kernels' memory, or how to compute it. */
import type * as tf from "@tensorflow/tfjs-core";

/** A block of memory that several may hold; it is given back when the last one lets go. */
export class Block {
  holders = 1;
  /** The same numbers in the orders in which some operations read them, kept from one of these to the next. */
  copies: Map<string, Block> | undefined;

  constructor(readonly at: number) {}
}

/** How to compute a tensor's numbers that nobody has needed yet. */
export interface Source {
  /** The numbers, in a block that is the caller's. */
  compute(): Block;
  /** They will not be asked for any more. */
  release(): void;
  /** Whether it is of no use to anybody else once its numbers are there. */
  readonly isSpent: boolean;
}

/** What the numbers belong to. */
export interface Owner {
  /** A view of the memory as a typed array. */
  view(numbers: StoredNumbers): Float32Array | Int32Array | Uint8Array;
  /** To be told of numbers that are computed, and whose source may still be of use. */
  keepsSource(numbers: StoredNumbers): void;
}

/** A tensor's numbers, as the CPU backend's kernels expect to find them. */
export class StoredNumbers {
  refCount = 1;
  /** The CPU backend looks for it. */
  readonly complexTensorInfos = undefined;
  block: Block | undefined;
  #source: Source | undefined;

  constructor(
    readonly owner: Owner,
    readonly dtype: tf.DataType,
    readonly length: number,
    from: Block | Source,
  ) {
    if (from instanceof Block) this.block = from;
    else this.#source = from;
  }

  /** Where the numbers stand; those that nobody has needed yet are computed. */
  get at(): number {
    return (this.block ?? this.compute()).at;
  }

  /** What the numbers come from, as long as it is of use. */
  get source(): Source | undefined {
    return this.#source;
  }

  /** The block with the numbers; those that nobody has needed yet are computed. */
  compute(): Block {
    if (this.block) return this.block;
    const block = this.block = this.#source!.compute();
    if (this.#source!.isSpent) this.letSourceGo();
    else this.owner.keepsSource(this);
    return block;
  }

  /** The source lets go of what it holds; only numbers that are there, or not needed any more, can do without. */
  letSourceGo(): void {
    this.#source?.release();
    this.#source = undefined;
  }

  /** The numbers themselves. Only kernels that the CPU backend lends look at them. */
  get values(): Float32Array | Int32Array | Uint8Array {
    return this.owner.view(this);
  }
}

/** What is no array of numbers: strings, and pairs of tensors that are complex numbers together. */
export interface StoredElsewhere {
  refCount: number;
  readonly dtype: tf.DataType;
  values: tf.backend_util.BackendValues | undefined;
  complexTensorInfos?: { real: tf.TensorInfo; imag: tf.TensorInfo };
}
