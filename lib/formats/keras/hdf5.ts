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
  const library = await ready, { FS } = library;
  const path = `/network_${files++}.h5`;
  // else it prints what it finds wrong with a file, in dozens of lines, and goes on
  library.activate_throwing_error_handler();
  try {
    return body(path, FS);
  } finally {
    library.deactivate_throwing_error_handler();
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
      unlessDamaged(() => file.close());
    }
  });
}

/** What the library gives; undefined where it cannot, in a file that is damaged. */
function unlessDamaged<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

function openFile(path: string): File {
  const file = unlessDamaged(() => new File(path, "r"));
  if (file && file.file_id > 0n) return file;
  throw new RangeError("it is no HDF5 file, or is cut off");
}

function readArray(file: File, place: string, shape: readonly number[]): WeightArray {
  const found = unlessDamaged(() => file.get(place));
  if (!(found instanceof Dataset)) throw new RangeError(`the array ${place} is missing`);
  const metadata = unlessDamaged(() => found.metadata);
  if (!metadata) throw new RangeError(`${place} cannot be read`);
  if (metadata.type !== realNumbers || metadata.size !== 4) {
    throw new RangeError(`${place} does not hold numbers in float32`);
  }
  if (`${metadata.shape}` !== `${shape}`) {
    throw new RangeError(
      `${place} must have shape (${shape.join(", ")}), got (${metadata.shape?.join(", ")})`,
    );
  }
  const value = unlessDamaged(() => found.value);
  if (!(value instanceof Float32Array)) throw new RangeError(`${place} cannot be read`);
  return { shape, data: Float32Array.from(value) };
}
