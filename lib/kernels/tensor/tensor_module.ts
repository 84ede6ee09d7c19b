/**
 * The memory of the tensor kernels. Like that of `../fixed_memory.ts` it never grows, and the module is made
 * to import one of just this size; here it need not be shared.
 */
import { MODULE_PAGES } from "../fixed_memory.ts";

const PAGE = 65536;

/**
 * A memory of at least `bytes` bytes; what nobody writes to takes no room.
 * @throws RangeError above 2 GiB
 */
export function tensorMemory(bytes: number, shared: boolean): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE);
  if (!(pages <= MODULE_PAGES)) {
    const [asked, most] = [bytes, MODULE_PAGES * PAGE].map((size) => Math.ceil(size / 2 ** 20));
    throw new RangeError(`the kernels were to have ${asked} MiB and can have ${most}`);
  }
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
}

/**
 * A build made to import this memory: where it declares a shared memory of MODULE_PAGES pages, this one's
 * declaration takes its place.
 * @throws Error if `binary` does not declare such a memory
 */
export function fitTensorModule(
  binary: Uint8Array<ArrayBuffer>,
  memory: WebAssembly.Memory,
  shared: boolean,
): Uint8Array<ArrayBuffer> {
  const declared = limits(MODULE_PAGES, true);
  const at = binary.findIndex((_, i) => declared.every((byte, k) => binary[i + k] === byte));
  if (at < 0) {
    throw new Error(`the build does not declare a shared memory of ${MODULE_PAGES} pages`);
  }
  const fitted = binary.slice();
  fitted.set(limits(memory.buffer.byteLength / PAGE, shared), at);
  return fitted;
}

/** A memory's declaration: shared or not, with a maximum; least and most pages in LEB128, three bytes each. */
function limits(pages: number, shared: boolean): number[] {
  const number = [0x80 | pages & 0x7f, 0x80 | pages >> 7 & 0x7f, pages >> 14];
  return [shared ? 3 : 1, ...number, ...number];
}
