/**
 * The kernels' memory, whose size never changes. V8 holds the address of each load and store against the
 * size of the memory; if that can grow, it reads the size again after every store, which makes the
 * kernels 8 % slower. So a memory has as much as is needed, and the module is compiled for it.
 */

const PAGE = 65536;
/** What a module declares as it comes from the compiler, least and most alike: 2 GiB. */
export const MODULE_PAGES = 32768;

/**
 * A memory of at least `bytes` bytes; what nobody writes to takes no room.
 * @param shared false for one thread alone, in pages that may not share memory
 * @throws RangeError above 2 GiB
 */
export function fixedMemory(bytes: number, shared = true): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE);
  if (pages > MODULE_PAGES) {
    const [asked, most] = [bytes, MODULE_PAGES * PAGE].map((size) => Math.ceil(size / 2 ** 20));
    throw new RangeError(`the kernels need ${asked} MiB and can have ${most}: use smaller batches`);
  }
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
}

/**
 * A module of the kernels made to import this memory: where it declares its size, the pages of the memory
 * take the place of the compiler's.
 * @throws Error if `binary` does not declare a shared memory of MODULE_PAGES pages
 */
export function fitToMemory(
  binary: Uint8Array<ArrayBuffer>,
  memory: WebAssembly.Memory,
): Uint8Array<ArrayBuffer> {
  const declared = limits(MODULE_PAGES, true);
  const at = binary.findIndex((_, i) => declared.every((byte, k) => binary[i + k] === byte));
  if (at < 0) {
    throw new Error(`no memory of ${MODULE_PAGES} pages is declared: run deno task kernels`);
  }
  const fitted = binary.slice();
  fitted.set(limits(memory.buffer.byteLength / PAGE, isShared(memory)), at);
  return fitted;
}

/** Whether threads can share a memory. */
export function isShared(memory: WebAssembly.Memory): boolean {
  return !(memory.buffer instanceof ArrayBuffer);
}

/** A memory's declaration: with a maximum; then its least and most pages in LEB128, three bytes each. */
function limits(pages: number, shared: boolean): number[] {
  const number = [0x80 | pages & 0x7f, 0x80 | pages >> 7 & 0x7f, pages >> 14];
  return [shared ? 3 : 1, ...number, ...number];
}
