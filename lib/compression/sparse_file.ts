/**
 * Three ways to store a pruned network, which show how many bytes its zeros save:
 *
 * - dense: all numbers, zeros included (safetensors)
 * - masked: PyTorch's `weight_orig` and `weight_mask`, both in float32 (safetensors)
 * - packed: for each array one bit for each number, and then the numbers that are not zero
 *
 * A packed file has these parts:
 *
 * 1. the text "LENETSPK"
 * 2. the length of the header (u32, little-endian)
 * 3. the header: a JSON list with the name, the shape and the count of values of each array
 * 4. for each array of n numbers ⌈n/8⌉ bytes of mask, the lowest bit first, and then its values (f32,
 *    little-endian)
 * 5. the CRC-32 of everything before it (u32, little-endian)
 */
import { ModelFileError } from "../model/model_file_error.ts";
import { encodeSafetensors } from "../model/safetensors.ts";
import type { WeightArray, Weights } from "../model/weights.ts";
import { crc32 } from "../util/crc32.ts";
import type { Masks } from "./masks.ts";
import { checkElements, elementCount } from "../util/element_count.ts";
import { forEachInMask, isZero, zeroMask } from "./zero_mask.ts";

const magic = "LENETSPK";

/** Weights as PyTorch's `torch.nn.utils.prune` stores them, which is twice as many numbers. */
export function reparametrise(weights: Weights, masks: Masks): Weights {
  const entries: [string, WeightArray][] = [];
  for (const [name, array] of Object.entries(weights)) {
    const mask = masks[name];
    if (mask === undefined) entries.push([name, array]);
    else {
      entries.push([`${name}_orig`, array]);
      entries.push([`${name}_mask`, { shape: array.shape, data: Float32Array.from(mask) }]);
    }
  }
  return Object.fromEntries(entries);
}

/**
 * The bytes of a packed file.
 * @throws RangeError naming an array whose numbers are not as many as its shape says
 */
export function encodePacked(weights: Weights): Uint8Array<ArrayBuffer> {
  for (const [name, array] of Object.entries(weights)) checkElements(name, array);
  const arrays = Object.entries(weights).map(([name, { shape, data }]) => ({
    header: { name, shape, values: data.reduce((sum, x) => sum + Number(!isZero(x)), 0) },
    data,
  }));
  const header = new TextEncoder().encode(JSON.stringify(arrays.map(({ header }) => header)));
  const body = arrays.reduce(
    (sum, { header, data }) => sum + Math.ceil(data.length / 8) + 4 * header.values,
    0,
  );
  const bytes = new Uint8Array(magic.length + 4 + header.length + body + 4);
  const view = new DataView(bytes.buffer);
  new TextEncoder().encodeInto(magic, bytes);
  view.setUint32(magic.length, header.length, true);
  bytes.set(header, magic.length + 4);
  let at = magic.length + 4 + header.length;
  for (const { data } of arrays) {
    const mask = zeroMask(data);
    bytes.set(mask, at);
    at += mask.length;
    data.forEach((x) => {
      if (isZero(x)) return;
      view.setFloat32(at, x, true);
      at += 4;
    });
  }
  view.setUint32(at, crc32(bytes.subarray(0, at)), true);
  return bytes;
}

/**
 * Reads the bytes of a packed file, to the same bits as were written. The header is checked against the
 * file's length before any array is made; an array has at most 32 times as many bytes as its mask.
 * @throws ModelFileError naming `source` and what is wrong with it
 */
export function decodePacked(bytes: Uint8Array, source = "packed weights"): Weights {
  const bad = (why: string) => new ModelFileError(source, "file of packed weights", why);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = new TextDecoder().decode(bytes.subarray(0, magic.length));
  if (start !== magic) throw bad(`it starts with ${JSON.stringify(start)}, not ${magic}`);
  const end = bytes.length - 4;
  if (end < magic.length + 4 || view.getUint32(end, true) !== crc32(bytes.subarray(0, end))) {
    throw bad("its checksum does not fit: it is damaged or cut short");
  }
  const headerEnd = magic.length + 4 + view.getUint32(magic.length, true);
  if (headerEnd > end) throw bad("its header is longer than the file");
  const entries = readEntries(bytes.subarray(magic.length + 4, headerEnd), bad);
  const body = entries.reduce((sum, entry) => sum + bodyBytes(entry), 0);
  if (body !== end - headerEnd) {
    throw bad(`its header describes ${body} bytes of numbers, and ${end - headerEnd} follow`);
  }
  let at = headerEnd;
  return Object.fromEntries(entries.map((entry): [string, WeightArray] => {
    const { name, shape, count, values } = entry;
    const data = new Float32Array(count);
    const mask = bytes.subarray(at, at + Math.ceil(count / 8));
    const first = at + mask.length;
    at += bodyBytes(entry);
    forEachInMask(mask, { count, values }, (i, nth) => {
      data[i] = view.getFloat32(first + 4 * nth, true);
    }, (why) => bad(`the mask of ${name} ${why}`));
    return [name, { shape, data }];
  }));
}

/** What the header of a packed file says of an array. */
interface PackedEntry {
  readonly name: string;
  readonly shape: readonly number[];
  /** Numbers in the array: the product of its shape. */
  readonly count: number;
  /** Those of them that are not zero. */
  readonly values: number;
}

/** Bytes of an array's mask and of its values. */
function bodyBytes({ count, values }: PackedEntry): number {
  return Math.ceil(count / 8) + 4 * values;
}

function readEntries(bytes: Uint8Array, bad: (why: string) => Error): PackedEntry[] {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw bad("its header is no JSON");
  }
  if (!Array.isArray(header)) throw bad("its header is no list");
  const names = new Set<string>();
  return header.map((entry: Partial<PackedEntry> | null, i) => {
    const { name, shape, values } = entry ?? {};
    const isCount = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;
    if (typeof name !== "string" || !Array.isArray(shape) || !shape.every(isCount)) {
      throw bad(`entry ${i} of its header has no name or no shape of whole numbers`);
    }
    if (names.has(name)) throw bad(`${name} stands twice in its header`);
    names.add(name);
    const count = elementCount(shape);
    if (!isCount(values) || !isCount(count) || values > count) {
      throw bad(`${name} cannot hold the numbers that its header claims`);
    }
    return { name, shape, count, values };
  });
}

/** Sizes in bytes of the three ways, as they are and after gzip. */
export interface StorageSizes {
  /** Every number. */
  readonly dense: number;
  /** Every number, and a mask beside each array. */
  readonly masked: number;
  /** A bit for each number, and the numbers that are not zero. */
  readonly packed: number;
  /** The same after gzip. */
  readonly denseGzip: number;
  /** The same after gzip. */
  readonly maskedGzip: number;
  /** The same after gzip. */
  readonly packedGzip: number;
}

/**
 * Sizes of a pruned network's file.
 * @param original the weights before the masks were applied, which the masked way stores
 */
export async function storageSizes(
  original: Weights,
  pruned: Weights,
  masks: Masks,
): Promise<StorageSizes> {
  const [dense, masked, packed] = [
    encodeSafetensors(pruned),
    encodeSafetensors(reparametrise(original, masks)),
    encodePacked(pruned),
  ];
  return {
    dense: dense.length,
    masked: masked.length,
    packed: packed.length,
    denseGzip: await gzipSize(dense),
    maskedGzip: await gzipSize(masked),
    packedGzip: await gzipSize(packed),
  };
}

/** How many bytes are left after gzip. */
export async function gzipSize(bytes: Uint8Array): Promise<number> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).arrayBuffer()).byteLength;
}
