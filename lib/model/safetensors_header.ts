/**
 * The header of a safetensors file, checked against the format's rules before anything is allocated:
 * https://github.com/huggingface/safetensors#format. The ranges of the arrays must fill the rest of the
 * file, in any order, without an overlap and without a hole.
 */
import { foreignFormat } from "./foreign_format.ts";
import { describe } from "./describe.ts";
import { jsonShape } from "./duplicate_key.ts";

/** Bytes of one number of each kind that is read and written. */
export const bytesOf = { F32: 4, I32: 4, I8: 1, U8: 1 } as const;
/** How the format names the kinds of numbers. */
export type Dtype = keyof typeof bytesOf;

/** Where an array stands. */
export interface ArrayEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Numbers in the array: the product of its shape. */
  readonly count: number;
  /** Bytes from the start of the file. */
  readonly start: number;
}

/** What a header says. */
export interface SafetensorsHeader {
  /** In the order of the header. */
  readonly entries: readonly ArrayEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The largest header that the format allows. */
const largestHeader = 100_000_000;
/** The header's object, an array's object, and its shape. */
const deepestHeader = 3;

/**
 * Reads and checks the header of a file.
 * @param bytes the whole file
 * @param bad makes the error that is thrown from what is wrong
 */
export function readHeader(bytes: Uint8Array, bad: (why: string) => Error): SafetensorsHeader {
  const foreign = foreignFormat(bytes);
  if (foreign) throw bad(foreign);
  if (bytes.length < 8) throw bad(`${bytes.length} bytes are too few for a header`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > bytes.length - 8) {
    throw bad(`the header claims ${length} bytes, the file has ${bytes.length}`);
  }
  if (length > largestHeader) {
    throw bad(
      `the header has ${length} bytes, more than the ${largestHeader} that the format allows`,
    );
  }
  const dataStart = 8 + Number(length);
  const { __metadata__: metadata = {}, ...arrays } = parseHeader(bytes.subarray(8, dataStart), bad);
  if (!isObject(metadata) || Object.values(metadata).some((value) => typeof value !== "string")) {
    throw bad("its __metadata__ must be texts by name");
  }
  const dataLength = bytes.length - dataStart;
  const ranges: [name: string, from: number, to: number][] = [];
  const entries = Object.entries(arrays).flatMap(([name, entry]): ArrayEntry[] => {
    const { dtype, shape, from, to, count } = checkEntry(name, entry, bad);
    if (to > dataLength) throw bad(`it is cut off within ${name}`);
    ranges.push([name, from, to]);
    // PyTorch counts the batches of a batch normalisation beside its weights; nothing computes with that
    if (dtype === "I64") return [];
    return [{ name, dtype, shape, count, start: dataStart + from }];
  });
  checkRanges(ranges, dataLength, bad);
  return { entries, metadata: metadata as Record<string, string> };
}

function parseHeader(bytes: Uint8Array, bad: (why: string) => Error): Record<string, unknown> {
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw bad("the header is no JSON");
  }
  const { duplicate, depth } = jsonShape(text, deepestHeader);
  if (depth > deepestHeader) throw bad("the header's objects and lists are nested too deeply");
  try {
    header = JSON.parse(text);
  } catch {
    throw bad("the header is no JSON");
  }
  if (!isObject(header)) throw bad("the header is no JSON object");
  if (duplicate !== undefined) throw bad(`${JSON.stringify(duplicate)} stands twice in the header`);
  return header;
}

function checkEntry(name: string, entry: unknown, bad: (why: string) => Error) {
  if (!isObject(entry)) throw bad(`the header's entry ${name} is no object`);
  const { dtype, shape, data_offsets, ...rest } = entry;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw bad(`${name} has the unknown entry ${unknown}`);
  const isCounter = dtype === "I64" && name.endsWith(".num_batches_tracked");
  if (typeof dtype !== "string" || !(isCounter || Object.hasOwn(bytesOf, dtype))) {
    throw bad(`${name} is ${describe(dtype)}; read are ${Object.keys(bytesOf).join(", ")}`);
  }
  if (!isCounts(shape) || !isCounts(data_offsets) || data_offsets.length !== 2) {
    throw bad(
      `${name} needs a shape of whole numbers, and data_offsets of two: where its bytes start and end`,
    );
  }
  const [from = 0, to = 0] = data_offsets;
  if (from > to) throw bad(`${name} ends at ${to}, before its start at ${from}`);
  const count = shape.reduce((product, side) => product * side, 1);
  if (to - from !== (isCounter ? 8 : bytesOf[dtype as Dtype]) * count) {
    throw bad(
      `${name}: ${to - from} bytes for ${count} numbers of ${dtype}, shape (${shape.join(", ")})`,
    );
  }
  return { dtype: dtype as Dtype | "I64", shape, count, from, to };
}

/** The arrays must follow each other from the first byte to the last. */
function checkRanges(
  ranges: readonly [name: string, from: number, to: number][],
  dataLength: number,
  bad: (why: string) => Error,
): void {
  let end = 0, before = "the header";
  for (const [name, from, to] of ranges.toSorted((a, b) => a[1] - b[1] || a[2] - b[2])) {
    if (from < end) throw bad(`${name} overlaps ${before}`);
    if (from > end) {
      throw bad(`${from - end} bytes between ${before} and ${name} belong to no array`);
    }
    [end, before] = [to, name];
  }
  if (end !== dataLength) throw bad(`${dataLength - end} bytes belong to no array`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
