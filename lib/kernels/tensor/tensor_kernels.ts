import { conv2d, conv2dFilterGradient, conv2dInputGradient } from "./convolution_operations.ts";
import { denseGradient, softmaxCrossEntropy } from "./dense_operations.ts";
import { convPool, convPoolGradient } from "./conv_pool_operations.ts";
import { JOB_BLOCK_BYTES } from "./job_block.ts";
import { GRAIN, type JobRunner } from "./job_runner.ts";
import { matMul } from "./matrix_operations.ts";
import { adam, sgd } from "./optimizer_operations.ts";
import {
  averagePool,
  averagePoolGradient,
  maxPool,
  maxPoolGradient,
} from "./pooling_operations.ts";
import { type Scratch, ScratchStretch } from "./scratch.ts";
import { fitTensorModule, tensorMemory } from "./tensor_module.ts";
import {
  type AdamStep,
  type AveragePoolGradient,
  type Conv2d,
  type Conv2dFilterGradient,
  type Conv2dInputGradient,
  type ConvPool,
  type ConvPoolGradient,
  type DenseGradient,
  type MatMul,
  type MaxPool,
  type MaxPoolGradient,
  OVERREAD,
  type Pool,
  type SgdStep,
  type SoftmaxCrossEntropy,
  type TensorOperations,
} from "./tensor_operations.ts";
import { type StartThread, ThreadPool } from "./tensor_thread_pool.ts";
import { checkThreads } from "../thread_count.ts";

/** The compiler's constants stand below. */
const JOB_BLOCK = 65536;
const DESCRIPTOR = JOB_BLOCK + JOB_BLOCK_BYTES;
/** Words of the descriptor. */
const DESCRIPTOR_WORDS = 1024;
const HEAP_START = DESCRIPTOR + 4 * DESCRIPTOR_WORDS;

/** What `TensorKernels.create` needs. */
export interface TensorKernelOptions {
  /** Size of the memory, which never grows; at most 2 GiB. What nobody writes to takes no room. */
  readonly bytes: number;
  /** The calling one included; with 1 the memory need not be shared. */
  readonly threads: number;
  /** A build from `builds/`. */
  readonly binary: Uint8Array<ArrayBuffer>;
  /** How threads are started; not needed for one. */
  readonly startThread?: StartThread;
  /** Bytes at the end of the memory for `scratch`; default 16 MiB. 0 if the caller sets `scratch`. */
  readonly scratchBytes?: number;
  /** Default: shared where there are SharedArrayBuffers. */
  readonly shared?: boolean;
  /** See `JobRunner`. */
  readonly grain?: number;
  /** Milliseconds after which a thread that does not finish its part counts as dead; default a minute. */
  readonly patience?: number;
}

/** SIMD kernels on tensors that stand in one memory, on several threads. */
export class TensorKernels implements JobRunner, TensorOperations {
  /** The caller's tensors stand from here … */
  readonly heapStart = HEAP_START;
  /** … to here. */
  readonly heapEnd: number;
  /** Where operations get the memory that they need while they run; may be replaced. */
  scratch: Scratch;
  /** A job's description: the words from here on are the caller's until `run`. */
  readonly words: Int32Array;
  /** The same words as floats. */
  readonly floats: Float32Array;

  private constructor(
    readonly memory: WebAssembly.Memory,
    readonly pool: ThreadPool,
    scratchBytes: number,
    readonly grain: number,
  ) {
    const end = Math.floor((memory.buffer.byteLength - OVERREAD) / 64) * 64;
    this.heapEnd = end - Math.ceil(scratchBytes / 64) * 64;
    this.scratch = new ScratchStretch(this.heapEnd, end);
    this.words = new Int32Array(memory.buffer, DESCRIPTOR, DESCRIPTOR_WORDS);
    this.floats = new Float32Array(memory.buffer, DESCRIPTOR, DESCRIPTOR_WORDS);
  }

  /** @throws RangeError for less than one thread or more than `MOST_THREADS`, too little or too much memory */
  static async create(options: TensorKernelOptions): Promise<TensorKernels> {
    const { bytes, threads, binary, startThread, scratchBytes = 2 ** 24, patience } = options;
    checkThreads(threads);
    if (bytes < HEAP_START + scratchBytes + 2 * OVERREAD) {
      throw new RangeError(`${bytes} bytes are too few with ${scratchBytes} of scratch memory`);
    }
    const shared = options.shared ?? typeof SharedArrayBuffer !== "undefined";
    const memory = tensorMemory(bytes, shared);
    const module = await WebAssembly.compile(fitTensorModule(binary, memory, shared));
    const data = { module, memory, jobBlock: JOB_BLOCK };
    const pool = await ThreadPool.start(data, threads, startThread, patience);
    return new TensorKernels(memory, pool, scratchBytes, options.grain ?? GRAIN);
  }

  get threads(): number {
    return this.pool.threads;
  }

  /**
   * Runs an export of the module whose arguments are a descriptor and a part, on all threads. What it reads
   * as its descriptor are `words`.
   * @throws Error if there is no such export, or a thread failed
   */
  run(job: string, parts: number): void {
    const number = this.pool.jobs.numbers.get(job);
    if (number === undefined) throw new Error(`the build has no kernel "${job}"`);
    this.pool.run(number, DESCRIPTOR, parts);
  }

  /** Calls an export of the module on this thread alone. */
  call(name: string, ...args: number[]): void {
    (this.pool.jobs.exports[name] as (...args: number[]) => void)(...args);
  }

  conv2d(operation: Conv2d): void {
    conv2d(this, operation);
  }

  conv2dFilterGradient(operation: Conv2dFilterGradient): void {
    conv2dFilterGradient(this, operation);
  }

  conv2dInputGradient(operation: Conv2dInputGradient): void {
    conv2dInputGradient(this, operation);
  }

  maxPool(operation: MaxPool): void {
    maxPool(this, operation);
  }

  maxPoolGradient(operation: MaxPoolGradient): void {
    maxPoolGradient(this, operation);
  }

  averagePool(operation: Pool): void {
    averagePool(this, operation);
  }

  averagePoolGradient(operation: AveragePoolGradient): void {
    averagePoolGradient(this, operation);
  }

  matMul(operation: MatMul): void {
    matMul(this, operation);
  }

  adam(step: AdamStep): void {
    adam(this, step);
  }

  sgd(step: SgdStep): void {
    sgd(this, step);
  }

  convPool(operation: ConvPool): boolean {
    return convPool(this, operation);
  }

  convPoolGradient(operation: ConvPoolGradient): void {
    convPoolGradient(this, operation);
  }

  denseGradient(operation: DenseGradient): void {
    denseGradient(this, operation);
  }

  softmaxCrossEntropy(operation: SoftmaxCrossEntropy): void {
    softmaxCrossEntropy(this, operation);
  }

  /** Ends the threads; nothing can be run after that. */
  dispose(): void {
    this.pool.stop();
  }
}
