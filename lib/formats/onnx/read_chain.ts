import type { QuantizedLayer } from "../../compression/quantization/quantized_model.ts";
import type { Layer } from "../../model/architecture.ts";
import type { WeightArray } from "../../model/weights.ts";
import { elementTypes, type GraphProto, type NodeProto } from "./onnx_messages.ts";
import { NodeReader } from "./node_reader.ts";
import { batchNormEpsilon } from "../portable_network.ts";
import { plainOperators } from "./write_onnx.ts";

/** What the nodes of a graph say. */
export interface ChainContent {
  readonly layers: Layer[];
  /** Weights in float32, by name. */
  readonly weights: Record<string, WeightArray>;
  /** Layers in int8; none if the graph is in float32. */
  readonly int8: QuantizedLayer[];
  /** What is taken off each pixel, and what it is divided by, if anything is. */
  mean?: number;
  std?: number;
  /** What the whole numbers stand for that the next layer in int8 takes. */
  inputScale?: number;
}

const layersOfOperators = new Map(
  Object.entries(plainOperators).map(([kind, operator]) => [operator, kind as Layer["kind"]]),
);

/**
 * Follows the nodes from the input to the output.
 * @throws RangeError naming the operator, or the setting of one, that no layer of this project has
 */
export function readChain(graph: GraphProto, input: string, output: string): ChainContent {
  const reader = new NodeReader(graph.initializer);
  const chain: ChainContent = { layers: [], weights: {}, int8: [] };
  let last = input;
  for (const node of graph.node) {
    if ((node.domain ?? "") !== "" && node.domain !== "ai.onnx") {
      throw new RangeError(
        `its operator ${node.domain}.${node.opType} is of another domain than ONNX's`,
      );
    }
    if (node.opType === "DequantizeLinear" && reader.isConstant(node.input[0])) {
      reader.addQuantized(node);
      continue;
    }
    if (node.input[0] !== last || node.output[0] === undefined) {
      throw new RangeError(
        `${
          reader.title(node)
        } does not take the output of the node before it; only chains can be read`,
      );
    }
    readNode(node, reader, chain);
    last = node.output[0];
  }
  if (last !== output) throw new RangeError(`its output ${output} is not that of its last node`);
  return chain;
}

function readNode(node: NodeProto, reader: NodeReader, chain: ChainContent): void {
  const { opType } = node, { layers } = chain;
  const isAtStart = layers.length === 0;
  const kind = layersOfOperators.get(opType as never);
  if (kind !== undefined) {
    reader.require(node, { axis: 1 });
    layers.push({ kind } as Layer);
    return;
  }
  switch (opType) {
    case "Cast":
      if (!isAtStart) break;
      return reader.require(node, { to: elementTypes.float, saturate: undefined });
    case "Sub":
      if (!isAtStart || chain.mean !== undefined || chain.std !== undefined) break;
      chain.mean = reader.scalar(node, 1);
      return;
    case "Div":
      if (!isAtStart || chain.std !== undefined) break;
      chain.std = reader.scalar(node, 1);
      return;
    case "Conv":
      layers.push(reader.conv(node));
      return addWeights(node, reader, chain);
    case "Gemm":
      layers.push(reader.dense(node));
      return addWeights(node, reader, chain);
    case "BatchNormalization": {
      reader.require(node, { momentum: undefined, epsilon: batchNormEpsilon, training_mode: 0 });
      const name = reader.layerName(node);
      layers.push({ kind: "batchnorm", name });
      ["weight", "bias", "running_mean", "running_var"].forEach((array, i) => {
        chain.weights[`${name}.${array}`] = reader.float(node, i + 1);
      });
      return;
    }
    case "MaxPool":
    case "AveragePool":
      layers.push({
        kind: opType === "MaxPool" ? "maxpool" : "avgpool",
        size: reader.poolSize(node),
      });
      return;
    case "Dropout": {
      reader.require(node, { seed: undefined });
      // the graph holds the rate in float32
      const rate = node.input[1] ? Number(reader.scalar(node, 1).toPrecision(7)) : 0.5;
      layers.push({ kind: "dropout", rate });
      return;
    }
    case "QuantizeLinear": {
      const layer = chain.int8.at(-1);
      if (!layer || chain.inputScale !== undefined) break;
      reader.requireSymmetric(node);
      chain.inputScale = reader.scalar(node, 1);
      chain.int8[chain.int8.length - 1] = { ...layer, outputScale: chain.inputScale };
      return;
    }
    case "DequantizeLinear": { // of the images' bytes, or of what QuantizeLinear has rounded
      const scale = reader.scalar(node, 1);
      if (isAtStart) chain.inputScale = scale;
      else reader.requireSymmetric(node);
      if (chain.inputScale === scale) return;
      throw new RangeError(
        `${reader.title(node)} has another scale than the QuantizeLinear before`,
      );
    }
  }
  throw new RangeError(`this project has no layer for its operator ${reader.title(node)}`);
}

function addWeights(node: NodeProto, reader: NodeReader, chain: ChainContent): void {
  const name = reader.layerName(node);
  if (reader.isQuantized(node.input[1])) {
    const layer = { name, ...reader.int8(node), outputScale: 1 };
    const { inputScale } = chain;
    const rows = layer.weight.scales;
    if (
      inputScale === undefined || layer.multipliers.some((m, i) => !near(m, rows[i]! * inputScale))
    ) {
      throw new RangeError(
        `the bias of ${name} must have the scale of its input times that of its weight`,
      );
    }
    chain.int8.push(layer);
    delete chain.inputScale;
    return;
  }
  if (chain.int8.length > 0) throw new RangeError(`${name} is in float32 behind layers in int8`);
  chain.weights[`${name}.weight`] = reader.float(node, 1);
  chain.weights[`${name}.bias`] = reader.float(node, 2);
}

/** Whether two scales differ by no more than their rounding. */
function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-5 * b;
}
