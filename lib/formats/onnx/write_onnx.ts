/**
 * A network as ONNX: images as bytes, (n, channels, height, width), go in, logits come out, and the
 * normalisation is part of the graph. int8 is written in the form QDQ: the stored whole numbers, and
 * operators that turn them into real numbers and activations into int8 and back.
 */
import type { QuantizedLayer } from "../../compression/quantization/quantized_model.ts";
import { type Architecture, countClasses, type Layer } from "../../model/architecture.ts";
import { weightArray } from "../../model/weights.ts";
import {
  batchNormEpsilon,
  checkPortable,
  isInt8,
  type PortableNetwork,
} from "../portable_network.ts";
import { GraphWriter } from "./graph_writer.ts";
import { elementTypes, encodeModelProto, type ValueInfoProto } from "./onnx_messages.ts";

/** The version of ONNX's operators that is written; onnxruntime has it since 1.12. */
const opset = 17;

/** Operators of the layers that have neither weights nor settings. */
export const plainOperators = {
  tanh: "Tanh",
  sigmoid: "Sigmoid",
  relu: "Relu",
  flatten: "Flatten",
} as const;

/** Entries of the file's metadata. */
export const metadataKeys = {
  classes: "classes",
  /** All digits of numbers of which the graph has those of float32. */
  normalisation: "lenet.normalisation",
  int8: "lenet.int8",
} as const;

/**
 * The bytes of an ONNX file.
 * @throws RangeError naming what of the network cannot be written
 */
export function encodeOnnx(network: PortableNetwork): Uint8Array {
  checkPortable(network);
  const architecture = isInt8(network) ? network.model.architecture : network.architecture;
  const { name, input: { channels, height, width } } = architecture;
  const graph = new GraphWriter("images");
  if (isInt8(network)) writeInt8(graph, architecture, network.model.layers);
  else writeFloat(graph, network);
  const value = (name: string, elemType: number, sides: readonly number[]): ValueInfoProto => {
    const dim = [{ dimParam: "n" }, ...sides.map((dimValue) => ({ dimValue }))];
    return { name, type: { tensorType: { elemType, shape: { dim } } } };
  };
  const metadata: Record<string, string> = {};
  if (network.classes) metadata[metadataKeys.classes] = JSON.stringify(network.classes);
  if (isInt8(network)) {
    const { granularity, layers } = network.model;
    const outputScales = layers.map(({ outputScale }) => outputScale);
    metadata[metadataKeys.int8] = JSON.stringify({ granularity, outputScales });
  } else if (network.normalisation) {
    const { mean, std } = network.normalisation;
    metadata[metadataKeys.normalisation] = JSON.stringify({ mean, std });
  }
  return encodeModelProto({
    irVersion: 8,
    producerName: "@lenet/three-ways",
    opsetImport: [{ domain: "", version: opset }],
    graph: {
      name,
      node: graph.nodes,
      initializer: graph.constants,
      input: [value("images", elementTypes.uint8, [channels, height, width])],
      output: [value("logits", elementTypes.float, [countClasses(architecture)])],
    },
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
}

function writeFloat(
  graph: GraphWriter,
  { architecture, weights, normalisation }: Exclude<PortableNetwork, { model: unknown }>,
): void {
  graph.next("Cast", "pixels", [], { to: elementTypes.float });
  if (normalisation) {
    const { mean, std } = normalisation;
    graph.next("Sub", "centred", [graph.constant("mean", [], Float32Array.of(mean))]);
    graph.next("Div", "normalised", [graph.constant("std", [], Float32Array.of(std))]);
  }
  const array = (name: string) => {
    const { shape, data } = weightArray(weights, name);
    return graph.constant(name, shape, data);
  };
  architecture.layers.forEach((layer, i) => {
    const output = outputName(architecture, i);
    const arrays = "name" in layer
      ? [array(`${layer.name}.weight`), array(`${layer.name}.bias`)]
      : [];
    if (layer.kind === "batchnorm") {
      arrays.push(array(`${layer.name}.running_mean`), array(`${layer.name}.running_var`));
    }
    writeLayer(graph, layer, output, arrays);
  });
}

function writeInt8(
  graph: GraphWriter,
  architecture: Architecture,
  layers: readonly QuantizedLayer[],
): void {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const scalar = (name: string, x: number) => graph.constant(name, [], Float32Array.of(x));
  const first = layers[0]!;
  // the real number that a level of the pixels stands for: 1 / std
  const pixelScale = first.multipliers[0]! / first.weight.scales[0]!;
  graph.next("DequantizeLinear", "pixels", [scalar("pixels.scale", pixelScale)]);
  let pending: QuantizedLayer | undefined;
  architecture.layers.forEach((layer, i) => {
    if ((layer.kind === "flatten" || "name" in layer) && pending) {
      const { name, outputScale } = pending;
      const scale = scalar(`${name}.outputScale`, outputScale);
      const zero = graph.constant(`${name}.outputZero`, [], Int8Array.of(0));
      graph.next("QuantizeLinear", `${name}_int8`, [scale, zero]);
      graph.next("DequantizeLinear", `${name}_real`, [scale, zero]);
      pending = undefined;
    }
    const output = outputName(architecture, i);
    if (!("name" in layer)) return writeLayer(graph, layer, output, []);
    const { name, weight, bias, multipliers } = pending = byName.get(layer.name)!;
    const rows = [bias.length];
    writeLayer(graph, layer, output, [
      graph.beside(
        "DequantizeLinear",
        [
          graph.constant(`${name}.weight`, weight.shape, weight.values),
          graph.constant(`${name}.scales`, rows, weight.scales),
        ],
        `${name}_weight`,
        { axis: 0 },
      ),
      graph.beside(
        "DequantizeLinear",
        [
          graph.constant(`${name}.bias`, rows, bias),
          graph.constant(`${name}.multipliers`, rows, multipliers),
        ],
        `${name}_bias`,
        { axis: 0 },
      ),
    ]);
  });
}

/** What the graph calls the output of a layer. */
function outputName({ layers }: Architecture, index: number): string {
  const layer = layers[index]!;
  if (index === layers.length - 1) return "logits";
  return `${index}_${"name" in layer ? layer.name : layer.kind}`;
}

/** @param arrays names of the layer's weights, if it has any */
function writeLayer(
  graph: GraphWriter,
  layer: Layer,
  output: string,
  arrays: readonly string[],
): void {
  switch (layer.kind) {
    case "conv": {
      const { kernel: k, stride: s = 1, padding: p = 0 } = layer;
      const settings = { kernel_shape: [k, k], strides: [s, s], pads: [p, p, p, p] };
      return graph.next("Conv", output, arrays, settings);
    }
    case "dense":
      return graph.next("Gemm", output, arrays, { transB: 1 });
    case "batchnorm":
      return graph.next("BatchNormalization", output, arrays, {
        epsilon: { real: batchNormEpsilon },
      });
    case "maxpool":
    case "avgpool": {
      const { size } = layer;
      const settings = { kernel_shape: [size, size], strides: [size, size] };
      return graph.next(layer.kind === "maxpool" ? "MaxPool" : "AveragePool", output, [], settings);
    }
    case "dropout": {
      const rate = graph.constant(`${output}.rate`, [], Float32Array.of(layer.rate));
      return graph.next("Dropout", output, [rate]);
    }
    case "activation":
      throw new RangeError(
        `ONNX is not written of ${layer.function}, only of tanh, sigmoid and relu`,
      );
    case "flatten":
    case "tanh":
    case "sigmoid":
    case "relu":
      return graph.next(plainOperators[layer.kind], output);
  }
}
