/**
 * A memory in which a test calls one kernel alone. Each buffer stands between guard bytes, and a
 * call may change nothing but what the test has declared writable. Guards are NaN when they are
 * read as floats, so a number that a kernel reads past the end of a buffer and uses shows up in its
 * result.
 */
import {
  descriptorBytes,
  type DescriptorFields,
  type DescriptorValues,
  writeDescriptor,
} from "../../../lib/kernels/descriptor.ts";
import { fixedMemory } from "../../../lib/kernels/fixed_memory.ts";
import { MEMORY_START } from "../../../lib/kernels/kernel_constants.ts";
import type { Kernels } from "../../../lib/kernels/kernel_interface.ts";
import {
  compileKernels,
  instantiateKernels,
  type KernelBuild,
} from "../../../lib/kernels/kernel_module.ts";

/** All builds; a list of its own, since that of `deno task kernels` brings the compiler along. */
export const builds: readonly KernelBuild[] = ["narrow", "wide", "narrow-dot", "wide-dot"];

/** The arrays that the kernels read and write. */
export type Numbers = Float32Array | Int32Array | Uint8Array | Int8Array;

const MEMORY_BYTES = 2 ** 22;
/** Bytes of a guard before and after each buffer, and the NaN that fills it. */
const GUARD_BYTES = 1024;
const GUARD = 0x7fc0a55a;
/** Buffers start at multiples of this many bytes. */
const ALIGNMENT = 64;

/** A stretch of a buffer in bytes, counted from the buffer's start; it may reach outside. */
export type Stretch = readonly [from: number, bytes: number];

interface Buffer {
  readonly name: string;
  readonly at: number;
  readonly bytes: number;
}

/** A buffer that a kernel writes to. */
export interface Output<T extends Numbers> {
  /** Its address. */
  readonly at: number;
  /** A copy of what stands there now. */
  read(): T;
}

/** The kernels of one build over a memory of their own. */
export class KernelHarness {
  readonly #memory: WebAssembly.Memory;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  #next = MEMORY_START;
  #buffers: Buffer[] = [];
  /** One byte for each byte of the memory: 1 where the kernel may write. */
  readonly #writable = new Uint8Array(MEMORY_BYTES);

  private constructor(
    readonly build: KernelBuild,
    memory: WebAssembly.Memory,
    readonly kernels: Kernels,
  ) {
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
  }

  /** Compiles a build, for a memory of its own. */
  static async open(build: KernelBuild): Promise<KernelHarness> {
    const memory = fixedMemory(MEMORY_BYTES);
    const kernels = instantiateKernels(await compileKernels(build, memory), memory);
    return new KernelHarness(build, memory, kernels);
  }

  /** Forgets all buffers. */
  reset(): void {
    this.#writable.fill(0, MEMORY_START, this.#next);
    this.#next = MEMORY_START;
    this.#buffers = [];
    this.#guard();
  }

  /** A buffer that the kernel only reads. @returns its address */
  input(name: string, values: Numbers): number {
    const at = this.#next;
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#buffers.push({ name, at, bytes: bytes.length });
    this.#next += Math.ceil(bytes.length / ALIGNMENT) * ALIGNMENT;
    this.#words.fill(GUARD, (this.#next - ALIGNMENT) / 4, this.#next / 4);
    this.#guard();
    this.#bytes.set(bytes, at);
    return at;
  }

  /**
   * A buffer that the kernel writes to.
   * @param values what stands there before the call
   * @param writable what the kernel may change: by default the whole buffer and nothing else
   */
  output<T extends Numbers>(
    name: string,
    values: T,
    writable: readonly Stretch[] = [[0, values.byteLength]],
  ): Output<T> {
    const at = this.input(name, values);
    for (const [from, bytes] of writable) this.#writable.fill(1, at + from, at + from + bytes);
    const View = values.constructor as new (
      buffer: ArrayBufferLike,
      at: number,
      length: number,
    ) => T;
    const view = new View(this.#memory.buffer, at, values.length);
    return { at, read: () => view.slice() as T };
  }

  /**
   * A descriptor that the kernel only reads.
   * @param values of the fields that the kernel reads. The others get the guards' bits: as an
   *   address or a count they reach outside the memory, and as a float they are NaN.
   * @returns its address
   */
  descriptor<Fields extends DescriptorFields>(
    fields: Fields,
    values: Partial<DescriptorValues<Fields>>,
  ): number {
    const poison = Object.fromEntries(
      Object.entries(fields).map(([name, [, type]]) => [name, type === "f32" ? NaN : GUARD]),
    );
    const at = this.input("descriptor", new Uint8Array(descriptorBytes(fields)));
    writeDescriptor<DescriptorFields>(this.#memory, at, fields, { ...poison, ...values });
    return at;
  }

  /**
   * Calls the kernel.
   * @throws Error if it changed a byte that it has no business with, with the name of the buffer
   *   nearby
   */
  call<R>(kernel: (kernels: Kernels) => R): R {
    const before = this.#bytes.slice(MEMORY_START, this.#next);
    const result = kernel(this.kernels);
    const end = this.#next - MEMORY_START;
    for (let i = 0; i < end; i++) {
      const at = MEMORY_START + i;
      if (before[i] !== this.#bytes[at] && this.#writable[at] === 0) {
        throw new Error(`wrote to ${this.#place(at)}`);
      }
    }
    return result;
  }

  /** Adds a guard after what stands in the memory so far. */
  #guard(): void {
    const from = this.#next;
    this.#next += GUARD_BYTES;
    if (this.#next > MEMORY_BYTES) throw new RangeError("the test's buffers fill the memory");
    this.#words.fill(GUARD, from / 4, this.#next / 4);
  }

  /** An address in words: where it stands in or next to the nearest buffer. */
  #place(at: number): string {
    const distance = (buffer: Buffer) =>
      Math.max(buffer.at - at, at - (buffer.at + buffer.bytes - 1), 0);
    const { name, at: start, bytes } = this.#buffers.reduce((a, b) =>
      distance(b) < distance(a) ? b : a
    );
    if (at < start) return `${start - at} bytes before ${name}`;
    if (at < start + bytes) return `byte ${at - start} of ${name}, which is not for writing`;
    return `${at - start - bytes + 1} bytes after the end of ${name}`;
  }
}

const opened = new Map<KernelBuild, Promise<KernelHarness>>();

/** The harness of a build, empty; there is one for each build. */
export async function openHarness(build: KernelBuild): Promise<KernelHarness> {
  let harness = opened.get(build);
  if (harness === undefined) opened.set(build, harness = KernelHarness.open(build));
  return await harness;
}
