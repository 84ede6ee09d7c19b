/**
 * The backend of TensorFlow.js whose tensors live in the memory of the WebAssembly kernels. It begins as
 * the CPU backend, whose kernels read and write typed arrays; here these arrays are views of the kernels'
 * memory, so both kinds of kernels work on the same numbers.
 */
import "@tensorflow/tfjs-backend-cpu";
import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import type { TensorKernels } from "../kernels/tensor/tensor_kernels.ts";
import { TensorMemory } from "./tensor_memory.ts";

type Values = tf.backend_util.BackendValues;
type TypedArray = Float32Array | Int32Array | Uint8Array;
type DataId = tf.DataId;

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

/** A tensor's numbers in the kernels' memory, as the CPU backend's kernels expect to find them. */
class StoredNumbers {
  refCount = 1;
  complexTensorInfos: { real: tf.TensorInfo; imag: tf.TensorInfo } | undefined = undefined;
  #view: TypedArray | undefined;

  constructor(
    readonly buffer: ArrayBufferLike,
    readonly dtype: tf.DataType,
    readonly at: number,
    readonly length: number,
  ) {}

  /** The numbers themselves. Only kernels that the CPU backend lends look at them. */
  get values(): TypedArray {
    return this.#view ??= view(this.buffer, this.dtype, this.at, this.length);
  }
}

/** What is no array of numbers: strings, and pairs of tensors that are complex numbers together. */
interface StoredElsewhere {
  refCount: number;
  readonly dtype: tf.DataType;
  values: Values | undefined;
  complexTensorInfos?: { real: tf.TensorInfo; imag: tf.TensorInfo };
}

function view(buffer: ArrayBufferLike, dtype: tf.DataType, at: number, length: number): TypedArray {
  switch (dtype) {
    case "int32":
      return new Int32Array(buffer, at, length);
    case "bool":
      return new Uint8Array(buffer, at, length);
    default:
      return new Float32Array(buffer, at, length);
  }
}

/** Bytes of `length` numbers of a type. */
function bytesOf(dtype: tf.DataType, length: number): number {
  return dtype === "bool" ? length : 4 * length;
}

/** A backend over one memory; see the head of the file. */
export class KernelsBackend extends MathBackendCPU {
  readonly tensors: TensorMemory;
  readonly #buffer: ArrayBufferLike;
  /** CPU kernels that are running, one inside the other. */
  #lent = 0;
  #disposed: number[] = [];

  constructor(readonly kernels: TensorKernels) {
    super();
    this.#buffer = kernels.memory.buffer;
    const tensors = new TensorMemory(kernels.heapStart, kernels.heapEnd);
    this.tensors = tensors;
    // what an operation needs while it runs comes from the same memory
    kernels.scratch = {
      take: (bytes) => tensors.allocate(bytes),
      give: (at) => tensors.free(at),
    };
  }

  /** A new tensor whose numbers are left over from earlier use: for a kernel that writes all of them. */
  allocate(shape: number[], dtype: "float32" | "int32" | "bool"): tf.TensorInfo {
    const length = tf.util.sizeFromShape(shape);
    const dataId = {};
    this.data.set(dataId, this.#stored(dtype, length) as never);
    return { dataId, shape, dtype };
  }

  /**
   * Runs a kernel of the CPU backend. Some of them read the numbers of tensors that they have disposed of
   * already, so their memory is not used again before the kernel's end.
   */
  lend<T>(kernel: () => T): T {
    this.#lent++;
    try {
      return kernel();
    } finally {
      if (--this.#lent === 0 && this.#disposed.length > 0) {
        for (const at of this.#disposed) this.tensors.free(at);
        this.#disposed.length = 0;
      }
    }
  }

  #free(at: number): void {
    if (this.#lent > 0) this.#disposed.push(at);
    else this.tensors.free(at);
  }

  /** The byte address of a tensor's numbers. */
  addressOf({ dataId }: tf.TensorInfo): number {
    return (this.data.get(dataId) as unknown as StoredNumbers).at;
  }

  /** The type of a tensor's numbers in memory; a cast of the CPU backend may change the tensor's own alone. */
  storedType({ dataId }: tf.TensorInfo): tf.DataType {
    return this.data.get(dataId).dtype;
  }

  #stored(dtype: tf.DataType, length: number): StoredNumbers {
    const at = this.tensors.allocate(bytesOf(dtype, length));
    return new StoredNumbers(this.#buffer, dtype, at, length);
  }

  override write(values: Values, shape: number[], dtype: tf.DataType): DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: DataId,
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
    const numbers = values as TypedArray;
    const stored = this.#stored(dtype, numbers.length);
    stored.refCount = refCount;
    stored.values.set(numbers);
    this.data.set(dataId, stored as never);
  }

  override readSync(dataId: DataId): Values {
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

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const data = this.data.get(dataId);
    data.refCount--;
    if (!force && data.refCount > 0) return false;
    if (data.complexTensorInfos != null) {
      this.disposeData(data.complexTensorInfos.real.dataId, true);
      this.disposeData(data.complexTensorInfos.imag.dataId, true);
    }
    if ((data as unknown) instanceof StoredNumbers) {
      this.#free((data as unknown as StoredNumbers).at);
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

  override dispose(): void {
    this.tensors.clear();
  }
}
