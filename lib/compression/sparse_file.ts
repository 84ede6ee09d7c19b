/**
 * Three ways to store a pruned network, to see what its zeros save:
 *
 * - dense: all numbers, zeros included (safetensors)
 * - masked: PyTorch's `weight_orig` and `weight_mask`, both in float32 (safetensors)
 * - packed: for each array a bit a number and then the numbers that are not zero
 *
 * A packed file: "LENETSPK", header length (u32, little-endian), header (JSON: name and shape of each
 * array, number of values), then for each array ⌈n/8⌉ bytes of mask (lowest bit first) and its values
 * (f32, little-endian), and a closing CRC-32 of all before it.
 */
import { crc32 } from "node:zlib";
import { encodeSafetensors } from "../model/safetensors.ts";
import type { WeightArray, Weights } from "../model/weights.ts";
import type { Masks } from "./masks.ts";
import { elementCount } from "../util/element_count.ts";

const magic = "LENETSPK";

/** Weights as PyTorch's `torch.nn.utils.prune` stores them: twice the numbers. */
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

/** The bytes of a packed file. */
export function encodePacked(weights: Weights): Uint8Array<ArrayBuffer> {
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
    const mask = at;
    at += Math.ceil(data.length / 8);
    data.forEach((x, i) => {
      if (isZero(x)) return;
      bytes[mask + (i >> 3)]! |= 1 << (i & 7);
      view.setFloat32(at, x, true);
      at += 4;
    });
  }
  view.setUint32(at, crc32(bytes.subarray(0, at)), true);
  return bytes;
}

/**
 * Reads the bytes of a packed file, to the same bits as were written.
 * @throws Error naming `source` and what is wrong with it
 */
export function decodePacked(bytes: Uint8Array, source = "packed weights"): Weights {
  const bad = (why: string) =>
    new Error(`${source} is not a usable file of packed weights: ${why}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = new TextDecoder().decode(bytes.subarray(0, magic.length));
  if (start !== magic) throw bad(`it starts with ${JSON.stringify(start)}, not ${magic}`);
  const end = bytes.length - 4;
  if (end < magic.length + 4 || view.getUint32(end, true) !== crc32(bytes.subarray(0, end))) {
    throw bad("its checksum does not fit: it is damaged or cut short");
  }
  const headerEnd = magic.length + 4 + view.getUint32(magic.length, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(magic.length + 4, headerEnd)));
  const weights: Record<string, WeightArray> = {};
  let at = headerEnd;
  for (const { name, shape } of header as { name: string; shape: number[] }[]) {
    const data = new Float32Array(elementCount(shape));
    const mask = at;
    at += Math.ceil(data.length / 8);
    for (let i = 0; i < data.length; i++) {
      if ((bytes[mask + (i >> 3)]! >> (i & 7) & 1) === 0) continue;
      data[i] = view.getFloat32(at, true);
      at += 4;
    }
    weights[name] = { shape, data };
  }
  return weights;
}

/** Bytes of the three ways, as they are and after gzip. */
export interface StorageSizes {
  readonly dense: number;
  readonly masked: number;
  readonly packed: number;
  readonly denseGzip: number;
  readonly maskedGzip: number;
  readonly packedGzip: number;
}

/**
 * Sizes of a pruned network's file.
 * @param original weights before the masks were applied, which the masked way keeps
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
    ...{ dense: dense.length, masked: masked.length, packed: packed.length },
    denseGzip: await gzipSize(dense),
    maskedGzip: await gzipSize(masked),
    packedGzip: await gzipSize(packed),
  };
}

/** Length of some bytes after gzip. */
export async function gzipSize(bytes: Uint8Array): Promise<number> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).arrayBuffer()).byteLength;
}

/** Positive zero only: −0 has another bit pattern and is kept. */
function isZero(x: number): boolean {
  return Object.is(x, 0);
}
