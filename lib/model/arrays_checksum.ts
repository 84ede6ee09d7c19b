/**
 * A checksum of a file's arrays and metadata, kept among the metadata. It covers names, kinds, shapes,
 * numbers and texts, not their order: a program that writes the same content in another order leaves it
 * valid.
 */
import { crc32 } from "../util/crc32.ts";

type AnyArrays = Readonly<
  Record<
    string,
    {
      readonly shape: readonly number[];
      readonly data: Float32Array | Int32Array | Int8Array | Uint8Array;
    }
  >
>;
type Metadata = Readonly<Record<string, string>>;

/** The checksum's name among the metadata. */
const entryName = "lenet.crc32";

/** The metadata with the checksum of the arrays and of themselves. @throws RangeError if it has one */
export function addChecksum(arrays: AnyArrays, metadata: Metadata): Metadata {
  if (Object.hasOwn(metadata, entryName)) {
    throw new RangeError(`the metadata's ${entryName} is for the checksum`);
  }
  return { ...metadata, [entryName]: checksum(arrays, metadata) };
}

/**
 * The metadata without their checksum.
 * @param bad makes the error that is thrown if there is a checksum that does not fit
 */
export function takeChecksum(
  arrays: AnyArrays,
  metadata: Metadata,
  bad: (why: string) => Error,
): Metadata {
  if (!Object.hasOwn(metadata, entryName)) return metadata;
  const { [entryName]: found, ...rest } = metadata;
  if (found !== checksum(arrays, rest)) {
    throw bad(
      `its checksum (${entryName}) does not fit: it is damaged, or a program changed it and kept the ` +
        "checksum; delete the file and make it again",
    );
  }
  return rest;
}

/** Eight hexadecimal digits. Floats count by their bits. */
function checksum(arrays: AnyArrays, metadata: Metadata): string {
  const byName = (a: readonly [string, unknown], b: readonly [string, unknown]) =>
    a[0] < b[0] ? -1 : 1;
  const entries = Object.entries(arrays).sort(byName);
  const shapes = entries.map(([name, { shape, data }]) => [name, data.constructor.name, shape]);
  const text = JSON.stringify([shapes, Object.entries(metadata).sort(byName)]);
  let sum = crc32(new TextEncoder().encode(text));
  for (const [, { data: { buffer, byteOffset, byteLength } }] of entries) {
    sum = crc32(new Uint8Array(buffer, byteOffset, byteLength), sum);
  }
  return sum.toString(16).padStart(8, "0");
}
