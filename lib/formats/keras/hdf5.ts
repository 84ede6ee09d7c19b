/** Arrays of float32 in an HDF5 file, by the HDF5 library compiled to WebAssembly (h5wasm). */
import { Dataset, File, Group, ready } from "h5wasm";
import type { WeightArray } from "../../model/weights.ts";

/** HDF5's number for the class of real numbers. */
const realNumbers = 1;

let files = 0;

/** Gives `body` a place in the library's own file system, which is memory, and takes it away again. */
async function withFile<T>(
  body: (path: string, system: Awaited<typeof ready>["FS"]) => T,
): Promise<T> {
  const { FS } = await ready;
  const path = `/network_${files++}.h5`;
  try {
    return body(path, FS);
  } finally {
    if (FS.analyzePath(path).exists) FS.unlink(path);
  }
}

/**
 * The bytes of an HDF5 file.
 * @param arrays by their paths: `layers/conv2d/vars/0`, say
 */
export function encodeHdf5(arrays: ReadonlyMap<string, WeightArray>): Promise<Uint8Array> {
  return withFile((path, system) => {
    const file = new File(path, "w");
    try {
      for (const [place, { shape, data }] of arrays) {
        const parts = place.split("/"), name = parts.pop()!;
        let group: Group = file;
        for (const part of parts) {
          const found = group.get(part);
          group = found instanceof Group ? found : group.create_group(part);
        }
        group.create_dataset({
          name,
          data: Float32Array.from(data),
          shape: [...shape],
          dtype: "<f",
        });
      }
    } finally {
      file.close();
    }
    return system.readFile(path);
  });
}

/**
 * Reads some arrays of an HDF5 file.
 * @param shapes of the arrays, by their paths
 * @throws RangeError naming what is missing, or has another shape or kind of number
 */
export function decodeHdf5(
  bytes: Uint8Array,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<Map<string, WeightArray>> {
  return withFile((path, system) => {
    system.writeFile(path, bytes);
    const file = openFile(path);
    try {
      return new Map(
        [...shapes].map(([place, shape]) => [place, readArray(file, place, shape)]),
      );
    } finally {
      file.close();
    }
  });
}

function openFile(path: string): File {
  try {
    const file = new File(path, "r");
    if (file.file_id > 0n) return file;
  } catch {
    // said below
  }
  throw new RangeError("it is no HDF5 file, or is cut off");
}

function readArray(file: File, place: string, shape: readonly number[]): WeightArray {
  const found = entity(file, place);
  if (!(found instanceof Dataset)) throw new RangeError(`the array ${place} is missing`);
  const { metadata } = found;
  if (metadata.type !== realNumbers || metadata.size !== 4) {
    throw new RangeError(`${place} does not hold numbers in float32`);
  }
  if (`${metadata.shape}` !== `${shape}`) {
    throw new RangeError(
      `${place} must have shape (${shape.join(", ")}), got (${metadata.shape?.join(", ")})`,
    );
  }
  const { value } = found;
  if (!(value instanceof Float32Array)) throw new RangeError(`${place} cannot be read`);
  return { shape, data: Float32Array.from(value) };
}

function entity(file: File, place: string): unknown {
  try {
    return file.get(place);
  } catch {
    return undefined; // an array that is not there, in a file that is damaged
  }
}
