/**
 * A quantized model as a file: safetensors with I8 weights, I32 biases and F32 multipliers and scales,
 * and the architecture in the header. Other programs can read the arrays.
 */
import type { Architecture } from "../../systems/architecture.ts";
import { decodeArrays, encodeArrays, type TypedArrays } from "../../systems/safetensors.ts";
import { writeAtomic } from "../../util/files.ts";
import { planQuantized, type QuantizedLayer, type QuantizedModel } from "./model.ts";
import type { Granularity } from "./quantize.ts";

const format = "lenet int8, version 1";

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
  const architecture = JSON.parse(metadata.architecture ?? "null") as Architecture;
  const outputScales = JSON.parse(metadata.outputScales ?? "[]") as number[];
  const { convs, denses } = planQuantized(architecture);
  const layers = [...convs, ...denses].map(({ name }, i): QuantizedLayer => {
    const find = (part: string) => arrays[`${name}.${part}`] ?? { shape: [], data: undefined };
    const [weight, scales, bias, multipliers] = ["weight", "scales", "bias", "multipliers"].map(
      find,
    );
    if (!(weight?.data instanceof Int8Array)) throw bad(`${name}.weight is missing or not int8`);
    if (!(bias?.data instanceof Int32Array)) throw bad(`${name}.bias is missing or not int32`);
    if (!(scales?.data instanceof Float32Array)) throw bad(`${name}.scales is missing`);
    if (!(multipliers?.data instanceof Float32Array)) throw bad(`${name}.multipliers is missing`);
    return {
      name,
      weight: { shape: weight.shape, values: weight.data, scales: scales.data },
      bias: bias.data,
      multipliers: multipliers.data,
      outputScale: outputScales[i] ?? 1,
    };
  });
  return { architecture, granularity: metadata.granularity as Granularity, layers };
}

/** Writes a model, whole or not at all. */
export async function saveModel(path: string, model: QuantizedModel): Promise<void> {
  await writeAtomic(path, encodeModel(model));
}

/** Reads a model that `saveModel` wrote. */
export async function loadModel(path: string): Promise<QuantizedModel> {
  return decodeModel(await Deno.readFile(path), path);
}
