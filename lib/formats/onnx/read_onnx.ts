/**
 * A network from ONNX: a chain of the operators that `encodeOnnx` writes, and no other graph. The layers
 * are read from the nodes, not from a description beside them.
 */
import { INT8_MAX } from "../../compression/quantization/quantize.ts";
import type { QuantizedModel } from "../../compression/quantization/quantized_model.ts";
import { decodeModel, encodeModel } from "../../compression/quantization/quantized_model_file.ts";
import type { Architecture } from "../../model/architecture.ts";
import { ModelFileError } from "../../model/model_file_error.ts";
import { checkPortable, type FloatNetwork, type PortableNetwork } from "../portable_network.ts";
import { decodeModelProto, elementTypes, type ModelProto } from "./onnx_messages.ts";
import { type ChainContent, readChain } from "./read_chain.ts";
import { metadataKeys } from "./write_onnx.ts";

/**
 * Reads the bytes of an ONNX file.
 * @param source names the file in messages
 * @throws ModelFileError naming the file and what is wrong with it, or the operator that this project has no
 * layer for
 */
export function decodeOnnx(bytes: Uint8Array, source = "ONNX"): PortableNetwork {
  const bad = (why: string, cause: unknown) =>
    new ModelFileError(source, "ONNX file", why, { cause });
  try {
    return readModel(decodeProto(bytes));
  } catch (error) {
    throw bad((error as Error).message, error);
  }
}

function decodeProto(bytes: Uint8Array): ModelProto {
  let model: ModelProto | undefined;
  try {
    model = decodeModelProto(bytes);
  } catch {
    model = undefined;
  }
  if (!model?.graph) throw new RangeError("it holds no graph, or is cut off");
  return model;
}

function readModel({ graph, metadataProps }: ModelProto): PortableNetwork {
  const { name = "", input, output, initializer } = graph!;
  const constants = new Set(initializer.map(({ name }) => name));
  // older files list their constants among the inputs too
  const inputs = input.filter(({ name }) => !constants.has(name));
  if (inputs.length !== 1 || output.length !== 1) {
    throw new RangeError(
      `it has ${inputs.length} inputs and ${output.length} outputs, not one of each`,
    );
  }
  const { elemType, shape } = inputs[0]!.type?.tensorType ?? {};
  if (elemType !== elementTypes.float && elemType !== elementTypes.uint8) {
    throw new RangeError(`its input ${inputs[0]!.name} is neither of bytes nor of float32`);
  }
  const sides = (shape?.dim ?? []).slice(1).map((side) => "dimValue" in side ? side.dimValue : NaN);
  const [channels = NaN, height = NaN, width = NaN] = sides;
  if (sides.length !== 3 || sides.some((side) => !(side >= 1))) {
    throw new RangeError("its input must have the shape (n, channels, height, width)");
  }
  const chain = readChain(graph!, inputs[0]!.name, output[0]!.name);
  const architecture: Architecture = {
    name: name === "" ? "network" : name,
    input: { channels, height, width },
    layers: chain.layers,
  };
  const metadata = new Map(metadataProps.map(({ key, value }) => [key, value]));
  const classes = readClasses(metadata.get(metadataKeys.classes));
  if (chain.int8.length > 0 && chain.inputScale !== undefined) {
    throw new RangeError("its logits are rounded to int8");
  }
  const network = chain.int8.length > 0
    ? { model: int8Model(architecture, chain, metadata.get(metadataKeys.int8)) }
    : floatNetwork(architecture, chain, metadata.get(metadataKeys.normalisation));
  const found = { ...network, ...(classes ? { classes } : {}) };
  checkPortable(found);
  return found;
}

function floatNetwork(
  architecture: Architecture,
  { weights, mean, std }: ChainContent,
  hint = "{}",
): FloatNetwork {
  if (mean === undefined && std === undefined) return { architecture, weights };
  const exact = (JSON.parse(hint) ?? {}) as Partial<Record<"mean" | "std", unknown>>;
  const normalisation = {
    mean: withDigits(mean ?? 0, exact.mean),
    std: withDigits(std ?? 1, exact.std),
  };
  return { architecture, weights, normalisation };
}

/** The number of the graph, with the digits that float32 cuts off where the metadata have them. */
function withDigits(stored: number, exact: unknown): number {
  return typeof exact === "number" && Math.fround(exact) === stored ? exact : stored;
}

/** The model, checked as a file of this project's own would be. */
function int8Model(
  architecture: Architecture,
  { int8 }: ChainContent,
  hint: string | undefined,
): QuantizedModel {
  const isOneScale = int8.every(({ weight: { scales } }) => scales.every((s) => s === scales[0]));
  const { granularity, outputScales } = readHint(hint);
  const layers = int8.map((layer, i) => ({
    ...layer,
    outputScale: withDigits(layer.outputScale, outputScales[i]),
  }));
  const model: QuantizedModel = {
    ...{ architecture, layers },
    granularity: isOneScale && granularity !== "channel" ? "tensor" : "channel",
  };
  const below = layers.find(({ weight }) => weight.values.includes(-INT8_MAX - 1));
  if (below) {
    throw new RangeError(`${below.name}.weight holds −128, and this project's int8 does not`);
  }
  return decodeModel(encodeModel(model));
}

function readHint(text = "{}"): { granularity?: unknown; outputScales: readonly unknown[] } {
  const { granularity, outputScales } = JSON.parse(text) ?? {};
  return { granularity, outputScales: Array.isArray(outputScales) ? outputScales : [] };
}

function readClasses(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const classes: unknown = JSON.parse(text);
  if (Array.isArray(classes) && classes.every((name) => typeof name === "string")) return classes;
  throw new RangeError(`its ${metadataKeys.classes} must be a list of names`);
}
