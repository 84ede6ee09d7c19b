import { writeAtomic } from "../util/files.ts";
import type { WeightArray, Weights } from "./weights.ts";

/**
 * The safetensors format: 8 bytes little-endian header length, a JSON header that gives each array's
 * dtype, shape and byte range, then the bytes. Only F32 is read and written here.
 */
export interface SafetensorsFile {
  readonly weights: Weights;
  /** Free text entries of the header's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The bytes of a safetensors file. */
export function encodeSafetensors(
  weights: Weights,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of Object.entries(weights)) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = JSON.stringify(header);
  const length = Math.ceil(new TextEncoder().encode(text).length / 8) * 8; // keeps the data aligned
  const bytes = new Uint8Array(8 + length + offset);
  bytes.fill(0x20, 8, 8 + length);
  new TextEncoder().encodeInto(text, bytes.subarray(8));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(length), true);
  let at = 8 + length;
  for (const { data } of Object.values(weights)) {
    for (const value of data) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  return bytes;
}

/**
 * Reads the bytes of a safetensors file.
 * @param source name for messages
 * @throws Error naming `source` and what is wrong with it
 */
export function decodeSafetensors(bytes: Uint8Array, source = "safetensors"): SafetensorsFile {
  const bad = (why: string) => new Error(`${source} is not a usable safetensors file: ${why}`);
  if (bytes.length < 8) throw bad(`${bytes.length} bytes are too few for a header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > bytes.length - 8) {
    throw bad(`the header claims ${length} bytes, the file has ${bytes.length}`);
  }
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(
      bytes.subarray(8, 8 + length),
    ));
  } catch {
    throw bad("the header is no JSON");
  }
  const weights: Record<string, WeightArray> = {};
  const data = bytes.subarray(8 + length);
  let end = 0;
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, data_offsets } = entry as Record<string, unknown>;
    if (dtype !== "F32") throw bad(`${name} is ${dtype}, only F32 is read`);
    if (!isCounts(shape) || !isCounts(data_offsets)) throw bad(`${name} has no shape or range`);
    const [from = 0, to = 0] = data_offsets;
    const count = shape.reduce((product, side) => product * side, 1);
    if (to - from !== 4 * count) throw bad(`${name}: ${to - from} bytes for ${count} numbers`);
    if (to > data.length) throw bad(`it is cut off within ${name}`);
    const array = new Float32Array(count);
    for (let i = 0; i < count; i++) array[i] = view.getFloat32(8 + length + from + 4 * i, true);
    weights[name] = { shape, data: array };
    end = Math.max(end, to);
  }
  if (data.length !== end) throw bad(`${data.length - end} bytes belong to no array`);
  return { weights, metadata: (header.__metadata__ ?? {}) as Record<string, string> };
}

/** Writes weights whole or not at all. */
export async function saveWeights(
  path: string,
  weights: Weights,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeAtomic(path, encodeSafetensors(weights, metadata));
}

/** Reads weights that `saveWeights`, PyTorch or anything else wrote as safetensors. */
export async function loadWeights(path: string): Promise<SafetensorsFile> {
  return decodeSafetensors(await Deno.readFile(path), path);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isInteger(item) && item >= 0);
}
