import { writeAtomic } from "../util/files.ts";
import type { Weights } from "./weights.ts";
import { elementCount } from "../util/element_count.ts";

/**
 * The safetensors format: 8 bytes little-endian header length, a JSON header that gives each array's
 * dtype, shape and byte range, then the bytes. F32, I32 and I8 are read and written here.
 */
export interface SafetensorsFile {
  readonly weights: Weights;
  /** Free text entries of the header's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The kinds of numbers that are read and written. */
export type TypedArray =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>;

/** Arrays by name, row-major. */
export type TypedArrays = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: TypedArray }>
>;

const dtypes = {
  F32: { make: (count: number) => new Float32Array(count), bytes: 4 },
  I32: { make: (count: number) => new Int32Array(count), bytes: 4 },
  I8: { make: (count: number) => new Int8Array(count), bytes: 1 },
} as const;
type Dtype = keyof typeof dtypes;

function dtypeOf(data: TypedArray | Float32Array): Dtype {
  return data instanceof Float32Array ? "F32" : data instanceof Int32Array ? "I32" : "I8";
}

/** The bytes of a safetensors file. */
export function encodeArrays(
  arrays: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly data: TypedArray | Float32Array }>
  >,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  // the format wants no gaps; the larger numbers first, so that all are aligned
  const entries = Object.entries(arrays)
    .toSorted(([, a], [, b]) => dtypes[dtypeOf(b.data)].bytes - dtypes[dtypeOf(a.data)].bytes);
  let offset = 0;
  for (const [name, { shape, data }] of entries) {
    const end = offset + data.byteLength;
    header[name] = { dtype: dtypeOf(data), shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = JSON.stringify(header);
  const length = Math.ceil(new TextEncoder().encode(text).length / 8) * 8; // keeps the data aligned
  const bytes = new Uint8Array(8 + length + offset);
  bytes.fill(0x20, 8, 8 + length);
  new TextEncoder().encodeInto(text, bytes.subarray(8));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(length), true);
  let at = 8 + length;
  for (const [, { data }] of entries) {
    const dtype = dtypeOf(data);
    for (const value of data) {
      if (dtype === "F32") view.setFloat32(at, value, true);
      else if (dtype === "I32") view.setInt32(at, value, true);
      else view.setInt8(at, value);
      at += dtypes[dtype].bytes;
    }
  }
  return bytes;
}

/**
 * Reads the bytes of a safetensors file.
 * @param source name for messages
 * @throws Error naming `source` and what is wrong with it
 */
export function decodeArrays(
  bytes: Uint8Array,
  source = "safetensors",
): { readonly arrays: TypedArrays; readonly metadata: Readonly<Record<string, string>> } {
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
  const arrays: Record<string, TypedArrays[string]> = {};
  const data = bytes.subarray(8 + length);
  let end = 0;
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, data_offsets } = entry as Record<string, unknown>;
    if (!isDtype(dtype)) {
      throw bad(`${name} is ${dtype}; read are ${Object.keys(dtypes).join(", ")}`);
    }
    if (!isCounts(shape) || !isCounts(data_offsets)) throw bad(`${name} has no shape or range`);
    const [from = 0, to = 0] = data_offsets;
    const count = elementCount(shape);
    const { make, bytes: each } = dtypes[dtype];
    if (to - from !== each * count) throw bad(`${name}: ${to - from} bytes for ${count} numbers`);
    if (to > data.length) throw bad(`it is cut off within ${name}`);
    const array = make(count);
    for (let i = 0, at = 8 + length + from; i < count; i++, at += each) {
      array[i] = dtype === "F32"
        ? view.getFloat32(at, true)
        : dtype === "I32"
        ? view.getInt32(at, true)
        : view.getInt8(at);
    }
    arrays[name] = { shape, data: array };
    end = Math.max(end, to);
  }
  if (data.length !== end) throw bad(`${data.length - end} bytes belong to no array`);
  return { arrays, metadata: (header.__metadata__ ?? {}) as Record<string, string> };
}

/** The bytes of a safetensors file of float32 weights. */
export function encodeSafetensors(
  weights: Weights,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return encodeArrays(weights, metadata);
}

/**
 * Reads the bytes of a safetensors file of float32 weights.
 * @throws Error naming `source` and what is wrong with it
 */
export function decodeSafetensors(bytes: Uint8Array, source = "safetensors"): SafetensorsFile {
  const { arrays, metadata } = decodeArrays(bytes, source);
  const weights = Object.entries(arrays).map(([name, { shape, data }]) => {
    if (!(data instanceof Float32Array)) {
      throw new Error(
        `${source} is not a usable safetensors file: ${name} is ${dtypeOf(data)}, not F32`,
      );
    }
    return [name, { shape, data }];
  });
  return { weights: Object.fromEntries(weights), metadata };
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

function isDtype(value: unknown): value is Dtype {
  return typeof value === "string" && Object.hasOwn(dtypes, value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isInteger(item) && item >= 0);
}
