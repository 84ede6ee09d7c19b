/**
 * A quantized model as a file: safetensors with I8 weights, I32 biases and F32 multipliers and scales, and
 * the architecture in the header. Other programs can read the arrays.
 */
import { type Architecture, parameterShapes } from "../../model/architecture.ts";
import { decodeArrays, encodeArrays, type TypedArrays } from "../../model/safetensors.ts";
import { writeAtomic } from "../../util/files.ts";
import { layerGroups, type QuantizedLayer, type QuantizedModel } from "./quantized_model.ts";
import type { SumGroups } from "./packed_int8.ts";
import { type Granularity, GROUP_LIMIT, signedSums } from "./quantize.ts";

const format = "lenet int8, version 2";

/** The bytes of a model's file. */
export function encodeModel(model: QuantizedModel): Uint8Array {
  const arrays: TypedArrays = Object.fromEntries(
    model.layers.flatMap(({ name, weight, bias, multipliers }) => [
      [`${name}.weight`, { shape: weight.shape, data: weight.values }],
      [`${name}.bias`, { shape: [bias.length], data: bias }],
      [`${name}.scales`, { shape: [weight.scales.length], data: weight.scales }],
      [`${name}.multipliers`, { shape: [multipliers.length], data: multipliers }],
    ]),
  );
  return encodeArrays(arrays, {
    format,
    architecture: JSON.stringify(model.architecture),
    granularity: model.granularity,
    outputScales: JSON.stringify(model.layers.map(({ outputScale }) => outputScale)),
  });
}

/**
 * Reads the bytes of a model's file.
 * @throws Error naming `source` and what is wrong with it
 */
export function decodeModel(bytes: Uint8Array, source = "model"): QuantizedModel {
  const { arrays, metadata } = decodeArrays(bytes, source);
  const bad = (why: string) => new Error(`${source} is not a usable int8 model: ${why}`);
  if (metadata.format !== format) throw bad(`its format is ${metadata.format ?? "not named"}`);
  const { architecture, shapes, outputScales } = readHeader(metadata, bad);
  const groups = layerGroups(architecture);
  const find = <T extends TypedArrays[string]["data"]>(
    name: string,
    kind: abstract new (...args: never[]) => T,
    shape: readonly number[],
  ): T => {
    const found = arrays[name];
    if (!(found?.data instanceof kind)) throw bad(`${name} is missing or of the wrong type`);
    if (`${found.shape}` !== `${shape}`) {
      throw bad(`${name} has shape (${found.shape.join(", ")}), not (${shape.join(", ")})`);
    }
    return found.data;
  };
  const layers = Object.keys(groups).map((name, i): QuantizedLayer => {
    const shape = shapes[`${name}.weight`]!, rows = shape.slice(0, 1);
    const values = find(`${name}.weight`, Int8Array<ArrayBuffer>, shape);
    if (!sumsFit(values, shape[0]!, groups[name]!)) {
      throw bad(`sums of ${name}.weight do not stay within 16 bits`);
    }
    return {
      name,
      weight: { shape, values, scales: find(`${name}.scales`, Float32Array<ArrayBuffer>, rows) },
      bias: find(`${name}.bias`, Int32Array<ArrayBuffer>, rows),
      multipliers: find(`${name}.multipliers`, Float32Array<ArrayBuffer>, rows),
      outputScale: outputScales[i] ?? 1,
    };
  });
  return { architecture, granularity: metadata.granularity as Granularity, layers };
}

/** The architecture, shapes by parameter, and output scales. */
function readHeader(metadata: Readonly<Record<string, string>>, bad: (why: string) => Error) {
  try {
    const architecture = JSON.parse(metadata.architecture ?? "null") as Architecture;
    const outputScales = JSON.parse(metadata.outputScales ?? "[]") as number[];
    const shapes = Object.fromEntries(
      parameterShapes(architecture).map(({ name, shape }) => [name, shape]),
    );
    return { architecture, outputScales, shapes };
  } catch (error) {
    throw bad(`its header cannot be read: ${(error as Error).message}`);
  }
}

/** Whether the weights that meet in a sum of 16 bits are small enough. */
function sumsFit(values: Int8Array, rows: number, groups: SumGroups): boolean {
  const each = values.length / rows;
  return Array.from({ length: rows }, (_, r) => values.subarray(r * each, (r + 1) * each))
    .every((row) =>
      groups.every((group) => {
        const { above, below } = signedSums(row, group);
        return Math.max(above, below) <= GROUP_LIMIT;
      })
    );
}

/** Writes a model, whole or not at all. */
export async function saveModel(path: string, model: QuantizedModel): Promise<void> {
  await writeAtomic(path, encodeModel(model));
}

/** Reads a model that `saveModel` wrote. */
export async function loadModel(path: string): Promise<QuantizedModel> {
  return decodeModel(await Deno.readFile(path), path);
}
