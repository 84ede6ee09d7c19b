/**
 * The backend of TensorFlow.js whose tensors live in the memory of the WebAssembly kernels. It begins as
 * the CPU backend, whose kernels read and write typed arrays; here these arrays are views of the kernels'
 * memory, so both kinds of kernels work on the same numbers.
 */
import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { packPanels, panelBytes } from "../kernels/tensor/matrix_operations.ts";
import type { TensorKernels } from "../kernels/tensor/tensor_kernels.ts";
import {
  Block,
  type Owner,
  type Source,
  type StoredElsewhere,
  StoredNumbers,
} from "./stored_numbers.ts";
import { TensorMemory } from "./tensor_memory.ts";

type Values = tf.backend_util.BackendValues;
type TypedArray = Float32Array | Int32Array | Uint8Array;

/** What `tf.memory()` tells besides the counts of tensors and their bytes. */
export interface KernelsMemoryInfo {
  readonly unreliable: boolean;
  /** Bytes of the kernels' memory that are in use, with what rounding sizes up adds. */
  readonly bytesInUse: number;
  /** The most bytes that were in use at a time. */
  readonly highestBytesInUse: number;
  /** Bytes that all tensors together can take. */
  readonly limitBytes: number;
}

/** Bytes of `length` numbers of a type. */
function bytesOf(dtype: tf.DataType, length: number): number {
  return dtype === "bool" ? length : 4 * length;
}

/** The error of a tensor whose backend is gone. */
function closed(): Error {
  return new Error(
    "the backend of this tensor was removed, and its numbers with it. Read tensors before their backend is removed",
  );
}

/** A backend over the memory of some kernels; see the head of the file. */
export class KernelsBackend extends MathBackendCPU implements Owner {
  readonly tensors: TensorMemory;
  /** CPU kernels that are running, one inside the other. */
  #lent = 0;
  #disposed: number[] = [];
  /** Computed numbers whose sources still hold other blocks; they let go where memory is short. */
  readonly #withSources = new Set<StoredNumbers>();
  #isClosed = false;
  /** Kernels that are running, and what they have made so far. */
  #attempts = 0;
  readonly #made: tf.DataId[] = [];

  constructor(readonly kernels: TensorKernels) {
    super();
    const tensors = new TensorMemory(kernels.heapStart, kernels.heapEnd);
    this.tensors = tensors;
    // what an operation needs while it runs comes from the same memory
    kernels.scratch = {
      take: (bytes) => this.#allocate(bytes),
      give: (at) => tensors.free(at),
    };
  }

  /** A new tensor whose numbers are left over from earlier use: for a kernel that writes all of them. */
  allocate(shape: number[], dtype: "float32" | "int32" | "bool"): tf.TensorInfo {
    const length = tf.util.sizeFromShape(shape);
    return this.wrap(shape, dtype, this.takeBlock(bytesOf(dtype, length)));
  }

  /** A tensor that is a block, or will be once somebody needs its numbers. */
  wrap(shape: number[], dtype: tf.DataType, from: Block | Source): tf.TensorInfo {
    const dataId = {};
    const numbers = new StoredNumbers(this, dtype, tf.util.sizeFromShape(shape), from);
    this.data.set(dataId, numbers as never);
    if (this.#attempts > 0) this.#made.push(dataId);
    return { dataId, shape, dtype };
  }

  /** A block that is the caller's. */
  takeBlock(bytes: number): Block {
    return new Block(this.#allocate(bytes));
  }

  #allocate(bytes: number): number {
    if (this.#isClosed) throw closed();
    try {
      return this.tensors.allocate(bytes);
    } catch (error) {
      if (this.#withSources.size === 0) throw error;
      // a later gradient then takes the way of the plain operations
      for (const numbers of this.#withSources) numbers.letSourceGo();
      this.#withSources.clear();
      return this.tensors.allocate(bytes);
    }
  }

  keepsSource(numbers: StoredNumbers): void {
    this.#withSources.add(numbers);
  }

  /** A block that is the caller's, filled by `work`; if that fails, nothing is left taken. */
  makeBlock(bytes: number, work: (block: Block) => void): Block {
    const block = this.takeBlock(bytes);
    try {
      work(block);
      return block;
    } catch (error) {
      this.releaseBlock(block);
      throw error;
    }
  }

  /** Runs a kernel; if it fails, the tensors that it has made are disposed of. */
  attempt<C, T>(kernel: (call: C) => T, call: C): T {
    const first = this.#made.length;
    this.#attempts++;
    try {
      return kernel(call);
    } catch (error) {
      for (const dataId of this.#made.slice(first)) this.disposeData(dataId, true);
      throw error;
    } finally {
      if (--this.#attempts === 0) this.#made.length = 0;
    }
  }

  /** One holder less. */
  releaseBlock(block: Block): void {
    if (--block.holders > 0 || this.#isClosed) return;
    this.forgetCopies(block);
    if (this.#lent > 0) this.#disposed.push(block.at);
    else this.tensors.free(block.at);
  }

  /** A copy of a block's numbers in another order, made when it is first needed and kept as long as the block. */
  copyOf(block: Block, order: string, bytes: number, make: (copy: Block) => void): Block {
    const kept = block.copies?.get(order);
    if (kept) return kept;
    const copy = this.makeBlock(bytes, make);
    (block.copies ??= new Map()).set(order, copy);
    return copy;
  }

  /** The panels of a matrix that stands as (depth, columns), or as (columns, depth) with `transposed`. */
  panelsOf(matrix: Block, depth: number, columns: number, transposed: boolean): number {
    const order = `panels ${depth} ${transposed}`, bytes = panelBytes(depth, columns);
    return this.copyOf(matrix, order, bytes, ({ at }) => {
      packPanels(this.kernels, matrix.at, at, depth, columns, transposed);
    }).at;
  }

  /** To be called before a block's numbers are changed where they stand. */
  forgetCopies(block: Block): void {
    if (block.copies === undefined) return;
    for (const copy of block.copies.values()) this.releaseBlock(copy);
    block.copies = undefined;
  }

  /** Whether a tensor's numbers stand here; tensors of other backends, strings and complex numbers do not. */
  has({ dataId }: tf.TensorInfo): boolean {
    return this.data.has(dataId) && (this.data.get(dataId) as unknown) instanceof StoredNumbers;
  }

  /** What stands behind a tensor of numbers. */
  numbers({ dataId }: tf.TensorInfo): StoredNumbers {
    return this.data.get(dataId) as unknown as StoredNumbers;
  }

  /** The byte address of a tensor's numbers. */
  addressOf({ dataId }: tf.TensorInfo): number {
    return (this.data.get(dataId) as unknown as StoredNumbers).at;
  }

  /** A tensor's block, held once more. */
  holdBlock(tensor: tf.TensorInfo): Block {
    const block = this.numbers(tensor).compute();
    block.holders++;
    return block;
  }

  /** The blocks of some tensors, each held once more; if one cannot be computed, none is. */
  holdBlocks(...tensors: tf.TensorInfo[]): Block[] {
    const held: Block[] = [];
    try {
      for (const tensor of tensors) held.push(this.holdBlock(tensor));
      return held;
    } catch (error) {
      for (const block of held) this.releaseBlock(block);
      throw error;
    }
  }

  /** The same numbers as another tensor, of the same size. */
  share({ dataId, dtype }: tf.TensorInfo, shape: number[]): tf.TensorInfo {
    this.incRef(dataId);
    return { dataId, shape, dtype };
  }

  /** The type of a tensor's numbers in memory; a cast of the CPU backend may change the tensor's own alone. */
  storedType({ dataId }: tf.TensorInfo): tf.DataType {
    return this.data.get(dataId).dtype;
  }

  /**
   * Runs a kernel of the CPU backend. Some of them read the numbers of tensors that they have disposed of
   * already, so their memory is not used again before the kernel's end. Some hold their inputs once more, and
   * do not let go when they fail.
   */
  lend<T>(kernel: () => T, inputs: tf.NamedTensorInfoMap): T {
    // an input may be left out, or be a list
    const counts = Object.values(inputs).flat().flatMap((input) => {
      if (!input || !this.data.has(input.dataId)) return [];
      const numbers = this.data.get(input.dataId);
      return [{ numbers, refCount: numbers.refCount }];
    });
    this.#lent++;
    try {
      return kernel();
    } catch (error) {
      for (const { numbers, refCount } of counts) numbers.refCount = refCount;
      throw error;
    } finally {
      if (--this.#lent === 0 && this.#disposed.length > 0) {
        for (const at of this.#disposed) this.tensors.free(at);
        this.#disposed.length = 0;
      }
    }
  }

  /** A view of a tensor's numbers. */
  view(numbers: StoredNumbers): TypedArray {
    if (this.#isClosed) throw closed();
    const { buffer } = this.kernels.memory;
    switch (numbers.dtype) {
      case "int32":
        return new Int32Array(buffer, numbers.at, numbers.length);
      case "bool":
        return new Uint8Array(buffer, numbers.at, numbers.length);
      default:
        return new Float32Array(buffer, numbers.at, numbers.length);
    }
  }

  /** The gradient before an activation, from that after it and the activation's result. */
  activationGradient(activation: string, dy: Block, y: Block, count: number): Block {
    const result = this.takeBlock(4 * count);
    const names: Record<string, number> = { tanh: 8, sigmoid: 9, relu: 10 };
    this.kernels.words.set([
      ...[names[activation]!, dy.at, y.at, result.at, count, count, 1, 1, 1, 0],
    ]);
    this.kernels.run("binary", 1);
    return result;
  }

  override write(values: Values, shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    if (this.#attempts > 0) this.#made.push(dataId);
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: Values,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    if (dtype === "complex64" && values instanceof Float32Array) {
      // from another backend: real and imaginary parts take turns
      const { real, imag } = tf.backend_util.splitRealAndImagArrays(values);
      const complexTensorInfos = {
        real: this.makeTensorInfo(shape, "float32", real),
        imag: this.makeTensorInfo(shape, "float32", imag),
      };
      this.data.set(dataId, { refCount, dtype, values: undefined, complexTensorInfos } as never);
      return;
    }
    if (dtype === "string" || dtype === "complex64" || values == null) {
      this.data.set(dataId, { refCount, dtype, values } as StoredElsewhere as never);
      return;
    }
    const { length } = values as TypedArray;
    const block = this.takeBlock(bytesOf(dtype, length));
    const numbers = new StoredNumbers(this, dtype, length, block);
    numbers.refCount = refCount;
    numbers.values.set(values as TypedArray);
    this.data.set(dataId, numbers as never);
  }

  override readSync(dataId: tf.DataId): Values {
    const data = this.data.get(dataId);
    if (data.dtype === "complex64") {
      const { real, imag } = data.complexTensorInfos!;
      return tf.backend_util.mergeRealAndImagArrays(
        this.readSync(real.dataId) as Float32Array,
        this.readSync(imag.dataId) as Float32Array,
      );
    }
    // a copy, because the room is used again when the tensor is disposed of
    return (data as unknown) instanceof StoredNumbers
      ? (data.values as TypedArray).slice()
      : tf.util.convertBackendValuesAndArrayBuffer(data.values!, data.dtype) as Values;
  }

  override bufferSync<R extends tf.Rank, D extends tf.DataType>(
    tensor: tf.TensorInfo,
  ): tf.TensorBuffer<R, D> {
    const data = this.data.get(tensor.dataId) as unknown;
    return data instanceof StoredNumbers
      ? tf.buffer(tensor.shape as tf.ShapeMap[R], tensor.dtype as D, data.values as never)
      : super.bufferSync(tensor);
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const data = this.data.get(dataId);
    data.refCount--;
    if (!force && data.refCount > 0) return false;
    if (data.complexTensorInfos != null) {
      this.disposeData(data.complexTensorInfos.real.dataId, true);
      this.disposeData(data.complexTensorInfos.imag.dataId, true);
    }
    const numbers = data as unknown;
    if (numbers instanceof StoredNumbers) {
      if (numbers.block) this.releaseBlock(numbers.block);
      numbers.letSourceGo();
      this.#withSources.delete(numbers);
    }
    this.data.delete(dataId);
    return true;
  }

  override memory(): KernelsMemoryInfo & { unreliable: boolean; reasons: string[] } {
    const { used, highest, limit } = this.tensors;
    return {
      unreliable: false,
      reasons: [],
      bytesInUse: used,
      highestBytesInUse: highest,
      limitBytes: limit,
    };
  }

  /** Gives all memory back. The tensors that are left have no numbers then, and disposing of them does nothing. */
  override dispose(): void {
    this.#isClosed = true;
    this.tensors.clear();
  }
}
