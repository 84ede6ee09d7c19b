/**
 * Arrays most of whose numbers are zero, inside a safetensors file. Such an array is stored as two: one
 * bit for each number, and the numbers that are not zero. Its shape stands among the file's texts.
 */
import { forEachInMask, isZero, zeroMask } from "../compression/zero_mask.ts";
import type { TypedArray, TypedArrays } from "../model/safetensors.ts";
import { elementCount } from "../util/element_count.ts";

/** What is put behind an array's name for its two parts. */
const bitsEnd = ".bits", valuesEnd = ".values";

/** Arrays of which some are stored sparse, and the shapes of those as the file's text has them. */
export interface StoredArrays {
  readonly arrays: TypedArrays;
  /** JSON: shapes by name. */
  readonly sparse: string;
}

/** Stores the weight of each layer sparse if it then takes fewer bytes; biases and scales stay whole. */
export function storeSparse(dense: TypedArrays): StoredArrays {
  const arrays: Record<string, TypedArrays[string]> = {};
  const shapes: Record<string, readonly number[]> = {};
  for (const [name, array] of Object.entries(dense)) {
    const { shape, data } = array;
    if (!name.endsWith(".weight")) {
      arrays[name] = array;
      continue;
    }
    const bits = zeroMask(data), values = data.filter((x) => !isZero(x)) as TypedArray;
    if (bits.length + values.byteLength >= data.byteLength) {
      arrays[name] = array;
      continue;
    }
    arrays[name + bitsEnd] = { shape: [bits.length], data: bits };
    arrays[name + valuesEnd] = { shape: [values.length], data: values };
    shapes[name] = shape;
  }
  return { arrays, sparse: JSON.stringify(shapes) };
}

/**
 * All arrays as they were before `storeSparse`. An array gets at most 32 times as many bytes as its bits
 * have in the file.
 * @param bad makes the error that is thrown from what is wrong
 */
export function readSparse({ arrays, sparse }: StoredArrays, bad: (why: string) => Error) {
  const all: Record<string, TypedArrays[string]> = { ...arrays };
  for (const [name, shape] of Object.entries(readShapes(sparse, bad))) {
    if (Object.hasOwn(arrays, name)) throw bad(`${name} is stored twice, whole and sparse`);
    const bits = takeArray(all, name + bitsEnd, bad),
      values = takeArray(all, name + valuesEnd, bad);
    const count = elementCount(shape);
    if (!(bits instanceof Uint8Array) || bits.length !== Math.ceil(count / 8)) {
      throw bad(`${name}${bitsEnd} must be U8, with one bit for each of ${count} numbers`);
    }
    if (values instanceof Int32Array || values instanceof Uint8Array) {
      throw bad(`${name}${valuesEnd} must be F32 or I8`);
    }
    const data = values instanceof Float32Array ? new Float32Array(count) : new Int8Array(count);
    forEachInMask(bits, { count, values: values.length }, (i, nth) => {
      data[i] = values[nth]!;
    }, (why) => bad(`${name}${bitsEnd} ${why}`));
    all[name] = { shape, data };
  }
  return all as TypedArrays;
}

/** Takes an array out of those that are left. */
function takeArray(
  arrays: Record<string, TypedArrays[string]>,
  name: string,
  bad: (why: string) => Error,
): TypedArray {
  const found = Object.hasOwn(arrays, name) ? arrays[name] : undefined;
  if (!found) throw bad(`${name} is missing`);
  delete arrays[name];
  return found.data;
}

function readShapes(
  text: string,
  bad: (why: string) => Error,
): Readonly<Record<string, readonly number[]>> {
  let shapes: unknown;
  try {
    shapes = JSON.parse(text);
  } catch {
    shapes = undefined;
  }
  const isShape = (shape: unknown) =>
    Array.isArray(shape) && shape.every((side) => Number.isSafeInteger(side) && side >= 0) &&
    Number.isSafeInteger(elementCount(shape));
  const isObject = typeof shapes === "object" && shapes !== null && !Array.isArray(shapes);
  if (!isObject || !Object.values(shapes as object).every(isShape)) {
    throw bad("its text sparse must be the shapes of the sparse arrays, by their names");
  }
  return shapes as Record<string, readonly number[]>;
}
