/**
 * The safetensors format: 8 bytes little-endian header length, a JSON header that gives each array's
 * dtype, shape and byte range, then the bytes. F32, I32, I8 and U8 are read and written here.
 */
import { checkElements } from "../util/element_count.ts";
import { writeAtomic } from "../util/files.ts";
import { addChecksum, takeChecksum } from "./arrays_checksum.ts";
import { ModelFileError } from "./model_file_error.ts";
import { readModelFile } from "./read_model_file.ts";
import { bytesOf, type Dtype, readHeader } from "./safetensors_header.ts";
import { checkFiniteWeights, type Weights } from "./weights.ts";

/** Weights and what is said about them. */
export interface SafetensorsFile {
  /** The arrays by their names. */
  readonly weights: Weights;
  /** Free text entries of the header's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The kinds of numbers that are read and written. */
export type TypedArray =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** Arrays by name, row-major. */
export type TypedArrays = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: TypedArray }>
>;

/** The same for writing, which takes arrays over shared memory too. */
type WritableArrays = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: TypedArray | Float32Array }>
>;

const makeArray: { readonly [Kind in Dtype]: (count: number) => TypedArray } = {
  F32: (count) => new Float32Array(count),
  I32: (count) => new Int32Array(count),
  I8: (count) => new Int8Array(count),
  U8: (count) => new Uint8Array(count),
};

function dtypeOf(data: TypedArray | Float32Array): Dtype {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Int32Array) return "I32";
  return data instanceof Int8Array ? "I8" : "U8";
}

/**
 * The bytes of a safetensors file.
 * @throws RangeError naming an array whose numbers are not as many as its shape says
 */
export function encodeArrays(
  arrays: WritableArrays,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: [string, unknown][] = [["__metadata__", metadata]];
  // the format wants no gaps; the larger numbers come first, so that all are aligned
  const entries = Object.entries(arrays)
    .toSorted(([, a], [, b]) => bytesOf[dtypeOf(b.data)] - bytesOf[dtypeOf(a.data)]);
  let offset = 0;
  for (const [name, { shape, data }] of entries) {
    if (name === "__metadata__") {
      throw new RangeError("no array of a safetensors file may be named __metadata__");
    }
    checkElements(name, { shape, data });
    const end = offset + data.byteLength;
    header.push([name, { dtype: dtypeOf(data), shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const length = Math.ceil(text.length / 8) * 8; // keeps the data aligned
  const bytes = new Uint8Array(8 + length + offset);
  bytes.fill(0x20, 8, 8 + length);
  bytes.set(text, 8);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(length), true);
  let at = 8 + length;
  for (const [, { data }] of entries) {
    const dtype = dtypeOf(data);
    for (const value of data) {
      if (dtype === "F32") view.setFloat32(at, value, true);
      else if (dtype === "I32") view.setInt32(at, value, true);
      else view.setUint8(at, value); // the same eight bits for both signs
      at += bytesOf[dtype];
    }
  }
  return bytes;
}

/**
 * The bytes of a safetensors file with a checksum among its metadata, which is verified when the file
 * is read.
 */
export function encodeChecked(
  arrays: WritableArrays,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return encodeArrays(arrays, addChecksum(arrays, metadata));
}

/**
 * Reads the bytes of a safetensors file. No more is allocated than the file has bytes. A checksum from
 * `encodeChecked` is verified and left out of the metadata.
 * @param source name for messages
 * @throws ModelFileError naming `source` and what is wrong with it
 */
export function decodeArrays(
  bytes: Uint8Array,
  source = "safetensors",
): { readonly arrays: TypedArrays; readonly metadata: Readonly<Record<string, string>> } {
  const bad = (why: string) => new ModelFileError(source, "safetensors file", why);
  const { entries, metadata } = readHeader(bytes, bad);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const arrays = Object.fromEntries(entries.map(({ name, dtype, shape, count, start }) => {
    const data = makeArray[dtype](count);
    for (let i = 0, at = start; i < count; i++, at += bytesOf[dtype]) {
      data[i] = dtype === "F32"
        ? view.getFloat32(at, true)
        : dtype === "I32"
        ? view.getInt32(at, true)
        : dtype === "I8"
        ? view.getInt8(at)
        : view.getUint8(at);
    }
    return [name, { shape, data }];
  }));
  return { arrays, metadata: takeChecksum(arrays, metadata, bad) };
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
 * @throws ModelFileError naming `source` and what is wrong with it
 */
export function decodeSafetensors(bytes: Uint8Array, source = "safetensors"): SafetensorsFile {
  const { arrays, metadata } = decodeArrays(bytes, source);
  const weights = Object.entries(arrays).map(([name, { shape, data }]) => {
    if (!(data instanceof Float32Array)) {
      throw new ModelFileError(source, "safetensors file", `${name} is ${dtypeOf(data)}, not F32`);
    }
    return [name, { shape, data }];
  });
  return { weights: Object.fromEntries(weights), metadata };
}

/**
 * Writes weights, whole or not at all, with a checksum.
 * @throws RangeError naming a weight that is NaN or infinite
 */
export async function saveWeights(
  path: string,
  weights: Weights,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  checkFiniteWeights(weights, path);
  await writeAtomic(path, encodeChecked(weights, metadata));
}

/**
 * Reads weights that `saveWeights`, PyTorch or anything else wrote as safetensors.
 * @throws ModelFileError naming the file and what is wrong with it, a NaN among the weights included
 */
export async function loadWeights(path: string): Promise<SafetensorsFile> {
  const file = decodeSafetensors(await readModelFile(path, "safetensors file"), path);
  try {
    checkFiniteWeights(file.weights);
  } catch (error) {
    throw new ModelFileError(path, "safetensors file", (error as Error).message, { cause: error });
  }
  return file;
}
