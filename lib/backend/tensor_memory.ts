/**
 * Room for tensors in a WebAssembly memory of fixed size. Blocks have sizes of a few classes, four to each
 * power of two, and a freed block waits in its class's list for the next tensor of that class. When
 * the memory's end is reached, neighbouring free blocks are joined, so that other sizes find room too.
 */

/** Every block begins and ends at a multiple of this many bytes: a cache line. */
const ALIGNMENT = 64;

/** A size class: bytes rounded up to 64, and above 256 to one of four steps within each power of two. */
function classSize(bytes: number): number {
  if (bytes <= 4 * ALIGNMENT) return roundUp(bytes, ALIGNMENT);
  return roundUp(bytes, 2 ** (29 - Math.clz32(bytes - 1)));
}

/** The next multiple of `step`, and `step` itself for nothing. */
function roundUp(bytes: number, step: number): number {
  return Math.max(1, Math.ceil(bytes / step)) * step;
}

/** A stretch of free memory. */
interface Free {
  readonly at: number;
  readonly bytes: number;
}

/** Hands out blocks of the memory between two addresses, and takes them back. */
export class TensorMemory {
  readonly first: number;
  readonly end: number;
  /** From here to the end nothing was ever handed out. */
  #untouched: number;
  #free = new Map<number, number[]>();
  /** Joined free stretches that are of no class, until something is cut from them. */
  #stretches: Free[] = [];
  #sizes = new Map<number, number>();
  #used = 0;
  #highest = 0;

  constructor(first: number, end: number) {
    this.first = Math.ceil(first / ALIGNMENT) * ALIGNMENT;
    this.end = Math.floor(end / ALIGNMENT) * ALIGNMENT;
    this.#untouched = this.first;
  }

  /** Bytes in use, with what rounding sizes up adds. */
  get used(): number {
    return this.#used;
  }

  /** The most bytes that were in use at a time. */
  get highest(): number {
    return this.#highest;
  }

  /** Bytes that there are in all. */
  get limit(): number {
    return this.end - this.first;
  }

  /** Blocks in use. */
  get blocks(): number {
    return this.#sizes.size;
  }

  /**
   * The address of a free block of at least `bytes` bytes; what stands in it is left over from earlier use.
   * @throws RangeError if there is no room, saying how much was asked for and how much is in use
   */
  allocate(bytes: number): number {
    if (!(bytes >= 0)) throw new RangeError(`${bytes} bytes of memory were asked for`);
    let size = classSize(bytes);
    let at = this.#free.get(size)?.pop() ?? this.#cut(size);
    if (at === undefined) {
      // the largest tensors fit where their class does not
      size = roundUp(bytes, ALIGNMENT);
      at = this.#cut(size) ?? this.#refuse(bytes);
    }
    this.#sizes.set(at, size);
    this.#used += size;
    if (this.#used > this.#highest) this.#highest = this.#used;
    return at;
  }

  /** Takes a block back. @throws Error if no block in use begins there */
  free(at: number): void {
    const size = this.#sizes.get(at);
    if (size === undefined) throw new Error(`no tensor's memory begins at ${at}`);
    this.#sizes.delete(at);
    this.#used -= size;
    const list = this.#free.get(size);
    if (list) list.push(at);
    else this.#free.set(size, [at]);
  }

  /** Takes all blocks back. */
  clear(): void {
    this.#free.clear();
    this.#sizes.clear();
    this.#stretches = [];
    this.#used = 0;
    this.#untouched = this.first;
  }

  /** A block from joined stretches or from untouched memory; undefined if there is none. */
  #cut(size: number): number | undefined {
    const found = this.#fromStretch(size) ?? this.#fromUntouched(size);
    if (found !== undefined) return found;
    this.#join();
    return this.#fromStretch(size) ?? this.#fromUntouched(size);
  }

  #refuse(bytes: number): never {
    const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
    throw new RangeError(
      `out of memory: a tensor of ${mebibytes(bytes)} MiB was asked for; ${
        mebibytes(this.#used)
      } ` +
        `of ${
          mebibytes(this.limit)
        } MiB are in use by ${this.blocks} tensors. Dispose of tensors ` +
        "(tf.tidy, tensor.dispose), use smaller batches, or give the backend more memory",
    );
  }

  #fromUntouched(size: number): number | undefined {
    const at = this.#untouched;
    if (at + size > this.end) return undefined;
    this.#untouched = at + size;
    return at;
  }

  /** From the smallest joined stretch that is large enough. */
  #fromStretch(size: number): number | undefined {
    let best = -1;
    this.#stretches.forEach(({ bytes }, i) => {
      if (bytes >= size && (best < 0 || bytes < this.#stretches[best]!.bytes)) best = i;
    });
    if (best < 0) return undefined;
    const { at, bytes } = this.#stretches[best]!;
    if (bytes === size) this.#stretches.splice(best, 1);
    else this.#stretches[best] = { at: at + size, bytes: bytes - size };
    return at;
  }

  /** Joins all free blocks and stretches that touch; the last one may go back to the untouched memory. */
  #join(): void {
    const all = [...this.#stretches];
    for (const [bytes, list] of this.#free) for (const at of list) all.push({ at, bytes });
    all.sort((a, b) => a.at - b.at);
    this.#free.clear();
    const joined: { at: number; bytes: number }[] = [];
    for (const { at, bytes } of all) {
      const last = joined.at(-1);
      if (last && last.at + last.bytes === at) last.bytes += bytes;
      else joined.push({ at, bytes });
    }
    const last = joined.at(-1);
    if (last && last.at + last.bytes === this.#untouched) {
      this.#untouched = last.at;
      joined.pop();
    }
    this.#stretches = joined;
  }
}
