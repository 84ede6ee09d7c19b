/**
 * A quantized model as a file: a safetensors file with I8 weights, I32 biases, F32 multipliers and F32
 * scales. The architecture is text in the header. Other programs can read the arrays.
 */
import { type Architecture, parameterShapes } from "../../model/architecture.ts";
import type { ConvStage, DenseStage } from "../../kernels/kernel_plan.ts";
import { firstNonFinite } from "../../model/finite.ts";
import { ModelFileError } from "../../model/model_file_error.ts";
import { readModelFile } from "../../model/read_model_file.ts";
import {
  decodeArrays,
  encodeArrays,
  encodeChecked,
  type TypedArray,
  type TypedArrays,
} from "../../model/safetensors.ts";
import { writeAtomic } from "../../util/files.ts";
import { planQuantized } from "./plan_quantized.ts";
import {
  check32BitSums,
  type QuantizedLayer,
  type QuantizedModel,
  stageGroups,
} from "./quantized_model.ts";
import type { SumGroups } from "./packed_int8.ts";
import { type Granularity, GROUP_SUM_MAX, INT8_MAX, signedSums } from "./quantize.ts";

/** What the format of such a file is called. */
export const modelFormat = "lenet int8, version 2";

/** The bytes of a model's file. */
export function encodeModel(model: QuantizedModel): Uint8Array {
  return encodeArrays(modelArrays(model), { format: modelFormat, ...modelTexts(model) });
}

/**
 * The arrays of a model by their names in a file.
 * @throws RangeError naming a layer whose sums do not stay within 32 bits
 */
export function modelArrays(model: QuantizedModel): TypedArrays {
  model.layers.forEach((layer, i) => check32BitSums(layer, i === 0, (why) => new RangeError(why)));
  return Object.fromEntries(
    model.layers.flatMap(({ name, weight, bias, multipliers }) => [
      [`${name}.weight`, { shape: weight.shape, data: weight.values }],
      [`${name}.bias`, { shape: [bias.length], data: bias }],
      [`${name}.scales`, { shape: [weight.scales.length], data: weight.scales }],
      [`${name}.multipliers`, { shape: [multipliers.length], data: multipliers }],
    ]),
  );
}

/** What a file says of a model besides its arrays. */
export function modelTexts(model: QuantizedModel): Readonly<Record<string, string>> {
  return {
    architecture: JSON.stringify(model.architecture),
    granularity: model.granularity,
    outputScales: JSON.stringify(model.layers.map(({ outputScale }) => outputScale)),
  };
}

/** The error that names a file and what is wrong with it. */
type Bad = (why: string) => Error;

/** The largest image that a file may declare: 4096 × 4096 in one channel. */
const largestInput = 2 ** 24;

/** The largest multiplier of a file: 2³¹ times as much, the largest logit, is a finite float32. */
const largestMultiplier = 2 ** 96;

/**
 * The most inputs that a filter or unit of a file may have. Its groups of weights take up to 160 bytes for
 * each, while they are checked.
 */
const largestRow = 2 ** 18;

/**
 * Reads the bytes of a model's file. The arrays are compared with the architecture before anything is
 * built from it, so that no more memory is used than a small multiple of the file's size.
 * @throws ModelFileError naming `source` and what is wrong with it
 */
export function decodeModel(bytes: Uint8Array, source = "model"): QuantizedModel {
  const { arrays, metadata } = decodeArrays(bytes, source);
  const bad: Bad = (why) => new ModelFileError(source, "int8 model", why);
  if (metadata.format !== modelFormat) throw bad(`its format is ${metadata.format ?? "not named"}`);
  return readModel(arrays, metadata, bad);
}

/**
 * A model from a file's arrays and texts.
 * @param bad makes the error that is thrown from what is wrong
 */
export function readModel(
  arrays: TypedArrays,
  metadata: Readonly<Record<string, string>>,
  bad: Bad,
): QuantizedModel {
  const { architecture, stages, shapes } = readArchitecture(metadata.architecture, bad);
  const layers = stages.map((stage, i) => {
    const layer = readLayer(arrays, stage, shapes[`${stage.name}.weight`]!, bad);
    check32BitSums(layer, i === 0, bad);
    return layer;
  });
  const expected = new Set(layers.flatMap(({ name }) => arrayNames(name)));
  const unknown = Object.keys(arrays).find((name) => !expected.has(name));
  if (unknown !== undefined) throw bad(`${unknown} belongs to no layer of its architecture`);
  const { granularity } = metadata;
  if (granularity !== "tensor" && granularity !== "channel") {
    throw bad(`its granularity is ${granularity}, neither tensor nor channel`);
  }
  const outputScales = readOutputScales(metadata.outputScales, layers.length, bad);
  return {
    architecture,
    granularity: granularity satisfies Granularity,
    layers: layers.map((layer, i) => ({ ...layer, outputScale: outputScales[i]! })),
  };
}

/** The architecture, the stages of the kernels, and the shapes of weights by name. */
function readArchitecture(text: string | undefined, bad: Bad) {
  try {
    const architecture = JSON.parse(text ?? "null") as Architecture;
    const shapes = Object.fromEntries(
      parameterShapes(architecture).map(({ name, shape }) => [name, shape]),
    );
    const { channels, height, width } = architecture.input;
    if (channels * height * width > largestInput) {
      throw new RangeError(`images of ${channels}×${height}×${width} are too large`);
    }
    const { convs, denses } = planQuantized(architecture);
    return { architecture, stages: [...convs, ...denses], shapes };
  } catch (error) {
    throw bad(`its header cannot be read: ${(error as Error).message}`);
  }
}

/** The arrays of a layer. */
function arrayNames(layer: string): string[] {
  return ["weight", "bias", "scales", "multipliers"].map((array) => `${layer}.${array}`);
}

/** A layer as the file has it, its numbers checked one by one, without its output scale. */
function readLayer(
  arrays: TypedArrays,
  stage: ConvStage | DenseStage,
  shape: readonly number[],
  bad: Bad,
): Omit<QuantizedLayer, "outputScale"> {
  const { name } = stage;
  const find = <T extends TypedArray>(
    array: string,
    kind: abstract new (...args: never[]) => T,
    shape: readonly number[],
  ): T => {
    const found = Object.hasOwn(arrays, array) ? arrays[array] : undefined;
    if (!(found?.data instanceof kind)) throw bad(`${array} is missing or of the wrong type`);
    if (`${found.shape}` !== `${shape}`) {
      throw bad(`${array} has shape (${found.shape.join(", ")}), not (${shape.join(", ")})`);
    }
    return found.data;
  };
  const positive = (array: string, shape: readonly number[]) => {
    const numbers = find(array, Float32Array<ArrayBuffer>, shape);
    const broken = firstNonFinite(numbers);
    const at = broken >= 0 ? broken : numbers.findIndex((x) => !(x > 0));
    if (at >= 0) throw bad(`${array}[${at}] is ${numbers[at]}, and must be finite and above 0`);
    return numbers;
  };
  const rows = shape.slice(0, 1);
  const values = find(`${name}.weight`, Int8Array<ArrayBuffer>, shape);
  const inputs = values.length / shape[0]!;
  if (inputs > largestRow) {
    throw bad(`${name} has ${inputs} inputs for each output, and ${largestRow} are the most`);
  }
  const below = values.indexOf(-INT8_MAX - 1);
  if (below >= 0) throw bad(`${name}.weight[${below}] is ${values[below]}, below −${INT8_MAX}`);
  // only now that the file is known to hold the weights, since their groups take memory
  check16BitSums(name, values, shape[0]!, stageGroups(stage), bad);
  const multipliers = positive(`${name}.multipliers`, rows);
  const above = multipliers.findIndex((x) => x > largestMultiplier);
  if (above >= 0) {
    throw bad(`${name}.multipliers[${above}] is ${multipliers[above]}, above ${largestMultiplier}`);
  }
  return {
    name,
    weight: { shape, values, scales: positive(`${name}.scales`, rows) },
    bias: find(`${name}.bias`, Int32Array<ArrayBuffer>, rows),
    multipliers,
  };
}

/** What is added in 16 bits must stay within them, whatever the inputs are. */
function check16BitSums(
  name: string,
  values: Int8Array,
  rows: number,
  groups: SumGroups,
  bad: Bad,
): void {
  const perRow = values.length / rows;
  for (let row = 0; row < rows; row++) {
    const weights = values.subarray(row * perRow, (row + 1) * perRow);
    for (const group of groups) {
      const { above, below } = signedSums(weights, group);
      if (Math.max(above, below) > GROUP_SUM_MAX) {
        throw bad(`sums of ${name}.weight do not stay within 16 bits`);
      }
    }
  }
}

function readOutputScales(text: string | undefined, count: number, bad: Bad): number[] {
  let scales: unknown;
  try {
    scales = JSON.parse(text ?? "null");
  } catch {
    scales = undefined;
  }
  const isScale = (x: unknown): x is number => Number.isFinite(x) && (x as number) > 0;
  if (!Array.isArray(scales) || scales.length !== count || !scales.every(isScale)) {
    throw bad(`its outputScales must be ${count} finite numbers above 0, one for each layer`);
  }
  return scales;
}

/** Writes a model, whole or not at all, with a checksum. */
export async function saveModel(path: string, model: QuantizedModel): Promise<void> {
  await writeAtomic(
    path,
    encodeChecked(modelArrays(model), { format: modelFormat, ...modelTexts(model) }),
  );
}

/**
 * Reads a model that `saveModel` wrote.
 * @throws ModelFileError naming the file and what is wrong with it
 */
export async function loadModel(path: string): Promise<QuantizedModel> {
  return decodeModel(await readModelFile(path, "int8 model"), path);
}
