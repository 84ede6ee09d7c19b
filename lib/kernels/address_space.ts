import { MEMORY_START } from "./kernel_constants.ts";
import {
  descriptorBytes,
  type DescriptorFields,
  type DescriptorValues,
  writeDescriptor,
} from "./descriptor.ts";

/** The least multiple of `step` that is not below `value`. */
export const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/** Bytes of a cache line: what starts on one shares none with another thread's. */
const CACHE_LINE = 64;

/** Hands out the addresses of the kernels' memory, and remembers what is to be written there. */
export class AddressSpace {
  #next: number;
  #constants: ((memory: WebAssembly.Memory) => void)[] = [];

  /** @param start the first address that is free, a multiple of a cache line */
  constructor(start: number = MEMORY_START) {
    this.#next = start;
  }

  /** The first address that is free. */
  get next(): number {
    return this.#next;
  }

  /** Room for some bytes. @returns its address, a multiple of a cache line */
  bytes(count: number): number {
    const at = this.#next;
    this.#next += roundUp(count, CACHE_LINE) + CACHE_LINE;
    return at;
  }

  /** Room for some 32-bit numbers. */
  floats(count: number): number {
    return this.bytes(4 * count);
  }

  /** Room for a descriptor that will have these values. */
  descriptor<Fields extends DescriptorFields>(
    fields: Fields,
    values: DescriptorValues<Fields>,
  ): number {
    const at = this.bytes(descriptorBytes(fields));
    this.#constants.push((memory) => writeDescriptor(memory, at, fields, values));
    return at;
  }

  /** Room for these numbers. */
  constant(values: Uint8Array | Int32Array | Float32Array): number {
    const at = this.bytes(values.byteLength);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#constants.push((memory) => new Uint8Array(memory.buffer).set(bytes, at));
    return at;
  }

  /** Takes away what writes the descriptors and constants since the last time. */
  takeConstants(): (memory: WebAssembly.Memory) => void {
    const constants = this.#constants;
    this.#constants = [];
    return (memory) => constants.forEach((write) => write(memory));
  }
}
