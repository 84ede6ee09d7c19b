/**
 * The files of Keras 3: `.keras`, a zip archive of `config.json` and `model.weights.h5`, and `.weights.h5`,
 * which holds weights only. What Keras keeps for a layer stands under its class, counted: the second
 * convolution's bias is `layers/conv2d_1/vars/1`.
 */
import { unzipSync, zipSync } from "fflate";
import type { Architecture } from "../../model/architecture.ts";
import { ModelFileError } from "../../model/model_file_error.ts";
import { checkFiniteWeights, type Weights } from "../../model/weights.ts";
import { checkPortable, type FloatNetwork } from "../portable_network.ts";
import { decodeHdf5, encodeHdf5 } from "./hdf5.ts";
import { kerasLayers } from "./keras_layers.ts";
import { fromKerasArrays, kerasArrays, layerArrays } from "./layer_arrays.ts";
import { readKerasLayers } from "./read_keras_layers.ts";

/** The version of Keras whose files these are like. */
const kerasVersion = "3.15.1";

/** The largest archive that is read, unpacked. */
const largestArchive = 2 ** 30;

const names = { config: "config.json", metadata: "metadata.json", weights: "model.weights.h5" };

/** Where Keras keeps the arrays of a network: this project's names and shapes in Keras, by path. */
function places(architecture: Architecture) {
  const layers = new Map(
    architecture.layers.flatMap((layer) => "name" in layer ? [[layer.name, layer.kind]] : []),
  );
  const classes: Readonly<Record<string, string>> = {
    ...{ conv: "conv2d", dense: "dense", batchnorm: "batch_normalization" },
  };
  const seen: Record<string, number> = {};
  return layerArrays(architecture).flatMap(({ layer, arrays }) => {
    const name = classes[layers.get(layer)!]!, count = seen[name] = (seen[name] ?? -1) + 1;
    const folder = `layers/${name}${count === 0 ? "" : `_${count}`}/vars`;
    return arrays.map(({ name, shape }, i) => ({ place: `${folder}/${i}`, name, shape }));
  });
}

/** The bytes of a `.weights.h5`. @throws RangeError naming what of the network cannot be written */
export function encodeKerasWeights({ architecture, weights }: FloatNetwork): Promise<Uint8Array> {
  checkPortable({ architecture, weights });
  kerasLayers(architecture);
  const arrays = kerasArrays(architecture, weights);
  return encodeHdf5(
    new Map(places(architecture).map(({ place, name }) => [place, arrays[name]!])),
  );
}

/**
 * Reads a `.weights.h5` that Keras or this project wrote.
 * @param source names the file in messages
 * @throws ModelFileError naming the file and what is wrong with it
 */
export async function decodeKerasWeights(
  bytes: Uint8Array,
  architecture: Architecture,
  source = "Keras weights",
): Promise<Weights> {
  try {
    return await readWeights(bytes, architecture);
  } catch (cause) {
    throw new ModelFileError(source, "file of Keras weights", (cause as Error).message, { cause });
  }
}

async function readWeights(bytes: Uint8Array, architecture: Architecture): Promise<Weights> {
  kerasLayers(architecture);
  const wanted = places(architecture);
  const found = await decodeHdf5(
    bytes,
    new Map(wanted.map(({ place, shape }) => [place, shape])),
  );
  const weights = fromKerasArrays(
    architecture,
    Object.fromEntries(wanted.map(({ place, name }) => [name, found.get(place)!])),
  );
  checkFiniteWeights(weights);
  return weights;
}

/** The bytes of a `.keras`. @throws RangeError naming what of the network cannot be written */
export async function encodeKeras(network: FloatNetwork): Promise<Uint8Array> {
  checkPortable(network);
  const { architecture, normalisation, classes } = network;
  const { channels, height, width } = architecture.input;
  const layer = (class_name: string, config: object) => ({
    ...{ module: "keras.layers", class_name, config, registered_name: null },
  });
  const config = {
    ...{ module: "keras", class_name: "Sequential", registered_name: null },
    config: {
      name: architecture.name,
      layers: [
        layer("InputLayer", {
          ...{ name: "images", dtype: "float32", batch_shape: [null, height, width, channels] },
        }),
        ...kerasLayers(architecture, normalisation)
          .map(({ className, config }) => layer(className, config)),
      ],
    },
  };
  const json = (value: object) => new TextEncoder().encode(JSON.stringify(value));
  return zipSync({
    [names.metadata]: json({ keras_version: kerasVersion, ...(classes ? { classes } : {}) }),
    [names.config]: json(config),
    [names.weights]: await encodeKerasWeights(network),
  }, { level: 0, mtime: "1980-01-01T00:00:00" });
}

/**
 * Reads the bytes of a `.keras` that Keras 3 or this project wrote.
 * @param source names the file in messages
 * @throws ModelFileError naming the file and what is wrong with it, or the layer that this project has not
 */
export async function decodeKeras(bytes: Uint8Array, source = "Keras"): Promise<FloatNetwork> {
  try {
    const files = unpack(bytes);
    const { class_name, config } = parse(files[names.config], names.config);
    const { architecture, normalisation } = readKerasLayers(class_name, config);
    const weights = await readWeights(files[names.weights]!, architecture);
    const { classes } = files[names.metadata] ? parse(files[names.metadata], names.metadata) : {};
    const network = {
      ...{ architecture, weights },
      ...(normalisation ? { normalisation } : {}),
      ...(Array.isArray(classes) ? { classes: classes.map(String) } : {}),
    };
    checkPortable(network);
    return network;
  } catch (cause) {
    throw new ModelFileError(source, "Keras file", (cause as Error).message, { cause });
  }
}

function unpack(bytes: Uint8Array): Record<string, Uint8Array> {
  if (bytes[0] === 0x89 && bytes[1] === 0x48) {
    throw new RangeError(
      "it is an HDF5 file, Keras's older format; load it in Keras and save it as .keras",
    );
  }
  let files: Record<string, Uint8Array> | undefined;
  let size = 0;
  try {
    files = unzipSync(bytes, {
      filter: ({ name, originalSize }) =>
        Object.values(names).includes(name) && (size += originalSize) <= largestArchive,
    });
  } catch {
    throw new RangeError("it is no zip archive, or is cut off");
  }
  if (size > largestArchive) throw new RangeError("it unpacks to more than a gigabyte");
  for (const name of [names.config, names.weights]) {
    if (!files[name]) throw new RangeError(`${name} is missing from the archive`);
  }
  return files;
}

function parse(bytes: Uint8Array | undefined, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new RangeError(`${name} is no JSON object`);
}
