/**
 * A classifier as one safetensors file: arrays with all numbers, and texts with all else. FORMAT.md, beside
 * this file, describes it for other programs.
 */
import { type Architecture, countClasses, parameterShapes } from "../model/architecture.ts";
import { ModelFileError } from "../model/model_file_error.ts";
import { readModelFile } from "../model/read_model_file.ts";
import { decodeArrays, encodeChecked, type TypedArrays } from "../model/safetensors.ts";
import type { Weights } from "../model/weights.ts";
import {
  modelArrays,
  modelTexts,
  readModel,
} from "../compression/quantization/quantized_model_file.ts";
import type { QuantizedModel } from "../compression/quantization/quantized_model.ts";
import { writeAtomic } from "../util/files.ts";
import {
  checkClassifier,
  checkSizes,
  type ClassifierModel,
  classifierPreprocessing,
  type FloatNetwork,
} from "./classifier_model.ts";
import { readSparse, storeSparse } from "./sparse_arrays.ts";
import { storedCurves, takeCurves, withCurves } from "./stored_curves.ts";

/** What the format is called, and the version that is written and read. */
const formatName = "lenet classifier", version = 1;

type Texts = Readonly<Record<string, string>>;
type Bad = (why: string) => Error;

/**
 * The bytes of a classifier's file. Arrays with many zeros are stored sparse.
 * @throws RangeError naming what does not belong together in the model
 */
export function encodeClassifier(model: ClassifierModel): Uint8Array {
  checkClassifier(model);
  const { network, preprocessing, classes, notes = {} } = model;
  const numbers = network.numbers === "int8"
    ? { ...modelArrays(network.model), ...storedCurves(network.model) }
    : network.weights as TypedArrays;
  const texts = network.numbers === "int8" ? modelTexts(network.model) : {
    architecture: JSON.stringify(network.architecture),
    normalisation: JSON.stringify({
      mean: network.normalisation.mean,
      std: network.normalisation.std,
    }),
  };
  const { arrays, sparse } = storeSparse(numbers);
  return encodeChecked(arrays, {
    format: `${formatName}, version ${version}`,
    numbers: network.numbers,
    ...texts,
    preprocessing: JSON.stringify(classifierPreprocessing(preprocessing)),
    classes: JSON.stringify(classes),
    notes: JSON.stringify(notes),
    sparse,
  });
}

/**
 * Reads the bytes of a classifier's file. Everything is checked against everything else before a network is
 * built, and no more memory is taken than a small multiple of the file's size: 32 bytes for each byte that
 * stands for eight zeros, and a few for each other byte.
 * @param source name for messages
 * @throws ModelFileError naming `source` and what is wrong with it
 */
export function decodeClassifier(bytes: Uint8Array, source = "classifier"): ClassifierModel {
  const bad: Bad = (why) => new ModelFileError(source, "classifier", why);
  const { arrays: stored, metadata } = decodeArrays(bytes, source);
  checkFormat(metadata.format, bad);
  const arrays = readSparse({ arrays: stored, sparse: metadata.sparse ?? "{}" }, bad);
  const network = readNetwork(arrays, metadata, bad);
  try {
    const model: ClassifierModel = {
      network,
      preprocessing: classifierPreprocessing(parsedObject("preprocessing", metadata)),
      classes: parsed("classes", metadata),
      notes: readNotes(metadata),
    };
    checkClassifier(model);
    return model;
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) throw bad(error.message);
    throw error;
  }
}

/** Writes a classifier, whole or not at all, with a checksum. */
export async function saveClassifier(path: string, model: ClassifierModel): Promise<void> {
  await writeAtomic(path, encodeClassifier(model));
}

/**
 * Reads a classifier that `saveClassifier` wrote.
 * @throws ModelFileError naming the file and what is wrong with it
 */
export async function loadClassifier(path: string): Promise<ClassifierModel> {
  return decodeClassifier(await readModelFile(path, "classifier"), path);
}

function checkFormat(format: string | undefined, bad: Bad): void {
  if (format === `${formatName}, version ${version}`) return;
  if (format?.startsWith(`${formatName}, version `)) {
    throw bad(
      `it has ${
        format.slice(formatName.length + 2)
      } of the format, and version ${version} is read ` +
        "here; use the release of @lenet/three-ways that wrote it, or write it anew",
    );
  }
  throw bad(
    `its format is ${
      format ?? "not named"
    }, not "${formatName}": it holds weights alone, perhaps; ` +
      "saveClassifier, or deno task train, puts the preprocessing and the names of the classes with them",
  );
}

function readNetwork(
  arrays: TypedArrays,
  metadata: Texts,
  bad: Bad,
): ClassifierModel["network"] {
  const { numbers } = metadata;
  if (numbers === "int8") return { numbers, model: readInt8(arrays, metadata, bad) };
  if (numbers !== "float32") throw bad(`its numbers are ${numbers}, neither float32 nor int8`);
  try {
    const architecture: Architecture = parsed("architecture", metadata);
    checkSizes(architecture);
    countClasses(architecture);
    const normalisation = parsedObject<FloatNetwork["normalisation"]>("normalisation", metadata);
    return {
      numbers,
      architecture,
      weights: readWeights(arrays, architecture, bad),
      normalisation,
    };
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) throw bad(error.message);
    throw error;
  }
}

/** The weights in the architecture's order; `checkClassifier` compares their shapes and numbers. */
function readWeights(arrays: TypedArrays, architecture: Architecture, bad: Bad): Weights {
  const names = new Set(parameterShapes(architecture).map(({ name }) => name));
  const other = Object.keys(arrays).find((name) => !names.has(name));
  if (other !== undefined) throw bad(`${other} belongs to no layer of its architecture`);
  return Object.fromEntries([...names].map((name) => {
    const array = Object.hasOwn(arrays, name) ? arrays[name] : undefined;
    if (!array) throw bad(`${name} is missing`);
    const { shape, data } = array;
    if (!(data instanceof Float32Array)) throw bad(`${name} is not F32`);
    return [name, { shape, data }];
  }));
}

function readInt8(arrays: TypedArrays, metadata: Texts, bad: Bad): QuantizedModel {
  const { curves, others } = takeCurves(arrays);
  return withCurves(readModel(others, metadata, bad), curves, bad);
}

/** What a text says. @throws SyntaxError naming the text that is missing or no JSON */
function parsed<T>(name: string, metadata: Texts): T {
  const text = metadata[name];
  if (text === undefined) throw new SyntaxError(`its text ${name} is missing`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`its text ${name} is no JSON: ${(error as Error).message}`);
  }
}

/** The object that a text holds. @throws SyntaxError naming the text that holds none */
function parsedObject<T extends object>(name: string, metadata: Texts): T {
  const value: unknown = parsed(name, metadata);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as T;
  throw new SyntaxError(`its text ${name} is no JSON object`);
}

function readNotes(metadata: Texts): Readonly<Record<string, string>> {
  const notes = parsedObject<Record<string, string>>("notes", metadata);
  const broken = Object.keys(notes).find((name) => typeof notes[name] !== "string");
  if (broken !== undefined) throw new SyntaxError(`its note ${broken} is no text`);
  return notes;
}
