/** Networks as files of other frameworks, written whole or not at all. */
import type { Architecture } from "../model/architecture.ts";
import { ModelFileError } from "../model/model_file_error.ts";
import { readModelFile } from "../model/read_model_file.ts";
import { writeAtomic } from "../util/files.ts";
import { isMissing, nodeModule, readTextFile, remove, stat } from "../util/platform.ts";
import {
  checkPortable,
  type FloatNetwork,
  type PortableNetwork,
  requireFloat,
} from "./portable_network.ts";

/** What a network can be written as. */
export const portableFormats = ["onnx", "keras", "tfjs", "pytorch"] as const;
/** The name of a format. */
export type PortableFormat = typeof portableFormats[number];

/** How a file of each format is named; a folder for tfjs. */
export const formatEndings: Readonly<Record<PortableFormat, string>> = {
  onnx: ".onnx",
  keras: ".keras",
  tfjs: "",
  pytorch: ".safetensors",
};

/**
 * Writes a network for another framework.
 * @param path of the file; of a folder for tfjs, which is made. The ending `.weights.h5` asks Keras's format
 * for the weights alone.
 * @throws RangeError naming what the format cannot express, or a weight that is NaN or infinite
 */
export async function saveNetwork(
  path: string,
  network: PortableNetwork,
  format: PortableFormat,
): Promise<void> {
  checkPortable(network);
  switch (format) {
    case "onnx": {
      const { encodeOnnx } = await import("./onnx/write_onnx.ts");
      return await writeAtomic(path, encodeOnnx(network));
    }
    case "keras": {
      const isWeights = path.endsWith(".weights.h5");
      if (!isWeights && !path.endsWith(".keras")) {
        throw new RangeError(`Keras opens files named .keras or .weights.h5, and not ${path}`);
      }
      const keras = await import("./keras/keras_file.ts");
      const encode = isWeights ? keras.encodeKerasWeights : keras.encodeKeras;
      return await writeAtomic(path, await encode(requireFloat(network, "Keras")));
    }
    case "tfjs":
      return await saveTfjs(path, requireFloat(network, "TensorFlow.js"));
    case "pytorch": {
      const { encodePytorch } = await import("./pytorch_file.ts");
      return await writeAtomic(path, encodePytorch(requireFloat(network, "PyTorch")));
    }
    default:
      format satisfies never;
      throw new RangeError(`there is no format ${format}; there are ${portableFormats.join(", ")}`);
  }
}

/** `model.json` comes last, and only then does what an earlier one referred to go. */
async function saveTfjs(folder: string, network: FloatNetwork): Promise<void> {
  const { encodeTfjs, modelFile } = await import("./tfjs_model.ts");
  const { join } = nodeModule("node:path");
  const { [modelFile]: model, ...parts } = await encodeTfjs(network);
  const before = await readTextFile(join(folder, modelFile)).catch((error) => {
    if (isMissing(error)) return "";
    throw error;
  });
  for (const [name, bytes] of Object.entries(parts)) await writeAtomic(join(folder, name), bytes);
  await writeAtomic(join(folder, modelFile), model!);
  const [earlier] = before.match(/\bweights-[0-9a-f]{8}\.bin\b/) ?? [];
  if (earlier && !Object.hasOwn(parts, earlier)) {
    await remove(join(folder, earlier)).catch(() => {}); // a file that nothing refers to any more
  }
}

/**
 * Reads a network of ONNX (`.onnx`), Keras (`.keras`) or TensorFlow.js (`model.json`, or its folder). The
 * files of weights alone, PyTorch's `.safetensors` and Keras's `.weights.h5`, need an architecture.
 * @throws ModelFileError naming the file and what is wrong with it, or the layer that this project has not
 */
export async function openNetwork(
  path: string,
  architecture?: Architecture,
): Promise<PortableNetwork> {
  const bad = (why: string) => new ModelFileError(path, "network", why);
  if (path.endsWith(".json") || await isFolder(path)) return await openTfjs(path);
  const bytes = await readModelFile(path, "network");
  if (path.endsWith(".onnx")) return (await import("./onnx/read_onnx.ts")).decodeOnnx(bytes, path);
  if (path.endsWith(".keras")) {
    return await (await import("./keras/keras_file.ts")).decodeKeras(bytes, path);
  }
  const isPytorch = [".safetensors", ".pt", ".pth", ".bin"].some((end) => path.endsWith(end));
  const isKeras = path.endsWith(".weights.h5");
  if (!isKeras && path.endsWith(".h5")) {
    throw bad("it is a model in Keras's older format; load it in Keras and save it as .keras");
  }
  if (!isPytorch && !isKeras) {
    throw bad("its name must end in .onnx, .keras, .weights.h5, .safetensors or .json");
  }
  if (isPytorch) {
    const { decodePytorch } = await import("./pytorch_file.ts");
    const { foreignFormat } = await import("../model/foreign_format.ts");
    const foreign = foreignFormat(bytes);
    if (foreign) throw bad(foreign);
    if (!architecture) throw bad("it holds weights only; name the architecture that they are of");
    return { architecture, weights: decodePytorch(bytes, architecture, path) };
  }
  if (!architecture) throw bad("it holds weights only; name the architecture that they are of");
  const { decodeKerasWeights } = await import("./keras/keras_file.ts");
  return { architecture, weights: await decodeKerasWeights(bytes, architecture, path) };
}

async function openTfjs(path: string): Promise<FloatNetwork> {
  const { decodeTfjs, modelFile } = await import("./tfjs_model.ts");
  const { dirname, join } = nodeModule("node:path");
  const file = path.endsWith(".json") ? path : join(path, modelFile);
  return await decodeTfjs(
    await readModelFile(file, "network"),
    (name) => readModelFile(join(dirname(file), name), "network"),
    file,
  );
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(({ isDirectory }) => isDirectory, () => false);
}
