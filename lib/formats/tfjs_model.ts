/**
 * A LayersModel of TensorFlow.js: `model.json`, which describes the layers as Keras does and lists the
 * arrays, and files with the arrays' bytes.
 */
import { describe } from "../model/describe.ts";
import { ModelFileError } from "../model/model_file_error.ts";
import type { WeightArray } from "../model/weights.ts";
import { elementCount } from "../util/element_count.ts";
import { sha256 } from "../util/files.ts";
import { kerasLayers } from "./keras/keras_layers.ts";
import { fromKerasArrays, kerasArrays, layerArrays } from "./keras/layer_arrays.ts";
import { type KerasNetwork, readKerasLayers } from "./keras/read_keras_layers.ts";
import { checkPortable, type FloatNetwork } from "./portable_network.ts";

/** Files by their names. */
export type Files = Readonly<Record<string, Uint8Array>>;

/** The file that describes the model. */
export const modelFile = "model.json";

/** How Keras names the arrays of layers with weights. */
const arrayNames: Readonly<Record<string, readonly string[]>> = {
  Conv2D: ["kernel", "bias"],
  Dense: ["kernel", "bias"],
  BatchNormalization: ["gamma", "beta", "moving_mean", "moving_variance"],
};

/**
 * The files of a model. That of the weights has a part of their checksum in its name, so that `model.json`
 * never refers to the weights of another network.
 * @throws RangeError naming what of the network cannot be written
 */
export async function encodeTfjs(network: FloatNetwork): Promise<Files> {
  checkPortable(network);
  const { architecture, weights, normalisation, classes } = network;
  const { channels, height, width } = architecture.input;
  const layers = kerasLayers(architecture, normalisation);
  const arrays = kerasArrays(architecture, weights);
  const listed = arrayPlaces(architecture, layers).map(({ stored, name }) => ({
    ...{ name: stored, array: arrays[name]! },
  }));
  const bytes = new Uint8Array(
    4 * listed.reduce((sum, { array }) => sum + array.data.length, 0),
  );
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { array } of listed) {
    for (const value of array.data) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  const file = `weights-${(await sha256(bytes)).slice(0, 8)}.bin`;
  const input = {
    ...{ name: "images", dtype: "float32", sparse: false },
    batch_input_shape: [null, height, width, channels],
  };
  const model = {
    ...{ format: "layers-model", generatedBy: "@lenet/three-ways", convertedBy: null },
    modelTopology: {
      ...{
        class_name: "Sequential",
        keras_version: "tfjs-layers 4.22.0",
        backend: "tensor_flow.js",
      },
      config: {
        name: architecture.name,
        layers: [
          { class_name: "InputLayer", config: input },
          ...layers.map(({ className, config }) => ({ class_name: className, config })),
        ],
      },
    },
    weightsManifest: [{
      paths: [file],
      weights: listed.map(({ name, array: { shape } }) => ({ name, shape, dtype: "float32" })),
    }],
    ...(classes ? { userDefinedMetadata: { classes } } : {}),
  };
  return { [file]: bytes, [modelFile]: new TextEncoder().encode(JSON.stringify(model) + "\n") };
}

/** The stored name and this project's name of each array, layer by layer. */
function arrayPlaces(
  architecture: FloatNetwork["architecture"],
  layers: KerasNetwork["weighted"],
): { readonly stored: string; readonly name: string; readonly shape: readonly number[] }[] {
  const weighted = layers.filter(({ className }) => Object.hasOwn(arrayNames, className));
  return layerArrays(architecture).flatMap(({ arrays }, i) => {
    const { className, config } = weighted[i]!;
    return arrays.map((array, k) => ({
      ...{ ...array, stored: `${config.name}/${arrayNames[className]![k]}` },
    }));
  });
}

/** What `model.json` says of its arrays. */
interface Listed {
  readonly paths: readonly string[];
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
  }[];
}

/**
 * Reads a LayersModel.
 * @param model the bytes of `model.json`
 * @param readPart reads a file that it names, which is always beside it
 * @param source names `model.json` in messages
 * @throws ModelFileError naming the file and what is wrong with it, or the layer that this project has not
 */
export async function decodeTfjs(
  model: Uint8Array,
  readPart: (name: string) => Promise<Uint8Array>,
  source: string = modelFile,
): Promise<FloatNetwork> {
  try {
    return await readModel(model, readPart);
  } catch (cause) {
    throw new ModelFileError(source, "LayersModel", (cause as Error).message, { cause });
  }
}

async function readModel(
  bytes: Uint8Array,
  readPart: (name: string) => Promise<Uint8Array>,
): Promise<FloatNetwork> {
  const model = parse(bytes);
  if (model.format === "graph-model") {
    throw new RangeError("it is a GraphModel, whose layers are gone; save the LayersModel instead");
  }
  const topology = model.modelTopology;
  if (!isObject(topology)) throw new RangeError("it has no modelTopology");
  // Keras in Python writes the model one level deeper
  const { class_name, config } = isObject(topology.model_config) ? topology.model_config : topology;
  const { architecture, normalisation, weighted } = readKerasLayers(class_name, config);
  const found = new Map<string, WeightArray>();
  const manifest = readManifest(model.weightsManifest),
    names = manifest.flatMap(({ paths }) => paths);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new RangeError(`it names the weights' file ${twice} twice`);
  for (const listed of manifest) {
    const parts: Uint8Array[] = [];
    for (const path of listed.paths) parts.push(await readPart(path));
    readGroup(listed, parts).forEach((array, name) => found.set(name, array));
  }
  const arrays = arrayPlaces(architecture, weighted).map(({ stored, name, shape }) => {
    const array = found.get(stored);
    if (!array) throw new RangeError(`the array ${stored} is missing`);
    if (`${array.shape}` !== `${shape}`) {
      throw new RangeError(
        `${stored} must have shape (${shape.join(", ")}), got (${array.shape.join(", ")})`,
      );
    }
    return [name, array] as const;
  });
  const metadata = model.userDefinedMetadata;
  const classes = isObject(metadata) && Array.isArray(metadata.classes)
    ? metadata.classes.map(String)
    : undefined;
  const network = {
    ...{ architecture, weights: fromKerasArrays(architecture, Object.fromEntries(arrays)) },
    ...(normalisation ? { normalisation } : {}),
    ...(classes ? { classes } : {}),
  };
  checkPortable(network);
  return network;
}

function readManifest(manifest: unknown): Listed[] {
  if (!Array.isArray(manifest)) throw new RangeError("it has no weightsManifest");
  return manifest.map((group: unknown) => {
    const { paths, weights } = isObject(group) ? group : {};
    if (!Array.isArray(paths) || !Array.isArray(weights)) {
      throw new RangeError("its weightsManifest must have paths and weights");
    }
    return { paths: paths.map(checkPath), weights: weights.map(checkEntry) };
  });
}

/** A path must not lead out of the model's folder. */
function checkPath(path: unknown): string {
  if (typeof path === "string" && /^[^/\\:]+$/.test(path) && !/^\.+$/.test(path)) return path;
  throw new RangeError(`it names the weights' file ${describe(path)}, which is not beside it`);
}

function checkEntry(entry: unknown): Listed["weights"][number] {
  const { name, shape, dtype, quantization } = isObject(entry) ? entry : {};
  if (dtype !== "float32" || quantization !== undefined) {
    throw new RangeError(`its array ${describe(name)} is not stored in float32`);
  }
  const isShape = Array.isArray(shape) && shape.every((n) => Number.isSafeInteger(n) && n >= 0);
  if (typeof name !== "string" || !isShape) {
    throw new RangeError("an array needs a name and a shape of whole numbers");
  }
  return { name, shape: shape as number[] };
}

/** The arrays of a group of files, one behind the other. */
function readGroup({ weights, paths }: Listed, parts: readonly Uint8Array[]) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const counts = weights.map(({ shape }) => elementCount(shape));
  const wanted = 4 * counts.reduce((sum, count) => sum + count, 0);
  if (length !== wanted) {
    throw new RangeError(`${paths.join(", ")} must have ${wanted} bytes, and has ${length}`);
  }
  const bytes = new Uint8Array(length);
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  const view = new DataView(bytes.buffer);
  let at = 0;
  return new Map(weights.map(({ name, shape }, k): [string, WeightArray] => {
    const data = Float32Array.from(
      { length: counts[k]! },
      (_, i) => view.getFloat32(at + 4 * i, true),
    );
    at += 4 * data.length;
    return [name, { shape, data }];
  }));
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (isObject(value)) return value;
  } catch {
    // said below
  }
  throw new RangeError("it is no JSON object");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
