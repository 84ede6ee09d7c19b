import type { QuantizedLayer } from "../../compression/quantization/quantized_model.ts";
import type { Layer } from "../../model/architecture.ts";
import type { WeightArray } from "../../model/weights.ts";
import { elementCount } from "../../util/element_count.ts";
import {
  type AttributeProto,
  attributeTypes,
  elementTypes,
  type NodeProto,
  type TensorProto,
} from "./onnx_messages.ts";

/** An operator's settings and what they must be; undefined: anything. */
type Settings = Readonly<Record<string, number | string | readonly number[] | undefined>>;

/** A constant that DequantizeLinear makes real. */
interface Quantized {
  readonly values: TensorProto;
  readonly scales: TensorProto;
}

/** Reads single nodes of a graph, with the constants that they take. */
export class NodeReader {
  readonly #constants: ReadonlyMap<string, TensorProto>;
  readonly #quantized = new Map<string, Quantized>();
  readonly #names = new Map<NodeProto, string>();

  constructor(constants: readonly TensorProto[]) {
    this.#constants = new Map(constants.map((tensor) => [tensor.name ?? "", tensor]));
  }

  /** What messages call a node. */
  title({ opType, name }: NodeProto): string {
    return name ? `${opType} (${name})` : opType;
  }

  /** Whether a name is that of a constant. */
  isConstant(name = ""): boolean {
    return this.#constants.has(name);
  }

  /** Whether a name is that of a constant which DequantizeLinear has made. */
  isQuantized(name = ""): boolean {
    return this.#quantized.has(name);
  }

  /** Takes a DequantizeLinear of a constant, with one scale a row and no zero point. */
  addQuantized(node: NodeProto): void {
    this.require(node, { axis: 0 });
    if (node.input[2]) throw this.#bad(node, "has a zero point; the weights must be symmetric");
    const [values, scales] = [this.#constant(node, 0), this.#constant(node, 1)];
    this.#quantized.set(node.output[0]!, { values, scales });
  }

  /** @throws RangeError if a setting is another than the given one, or is not listed */
  require(node: NodeProto, wanted: Settings): void {
    for (const attribute of node.attribute) {
      const { name } = attribute, value = attributeValue(attribute);
      if (!Object.hasOwn(wanted, name)) throw this.#bad(node, `has the setting ${name}`);
      const want = wanted[name];
      if (
        want !== undefined && `${value}` !== `${typeof want === "number" ? fround(want) : want}`
      ) {
        throw this.#bad(node, `has ${name} ${value}, and only ${want} can be read`);
      }
    }
  }

  /** The constant real number that is the node's input of that place. */
  scalar(node: NodeProto, place: number): number {
    const { shape, data } = this.float(node, place);
    if (elementCount(shape) !== 1) throw this.#bad(node, `needs one number as its input ${place}`);
    return data[0]!;
  }

  /** @throws RangeError unless the node's zero point is 0 in int8 */
  requireSymmetric(node: NodeProto): void {
    const zero = this.#constant(node, 2);
    if (this.#bytes(node, zero, elementTypes.int8, 1).some((x) => x !== 0)) {
      throw this.#bad(node, "has a zero point other than 0");
    }
  }

  /** The constant array of float32 that is the node's input of that place. */
  float(node: NodeProto, place: number): WeightArray {
    return this.#floatOf(node, this.#constant(node, place));
  }

  /** The whole numbers of a node with weights in int8. */
  int8(node: NodeProto): Omit<QuantizedLayer, "name" | "outputScale"> {
    const [weight, bias] = [1, 2].map((place) => this.#quantized.get(node.input[place] ?? ""));
    if (!weight || !bias) throw this.#bad(node, "needs a weight and a bias of whole numbers");
    const rows = weight.values.dims[0] ?? 0;
    const scales = (tensor: TensorProto) => {
      const { data } = this.#floatOf(node, tensor);
      if (data.length === 1) return new Float32Array(rows).fill(data[0]!);
      if (data.length !== rows) throw this.#bad(node, `has ${data.length} scales for ${rows} rows`);
      return data;
    };
    const shape = weight.values.dims;
    const values = Int8Array.from(this.#bytes(node, weight.values, elementTypes.int8, 1));
    const view = dataView(this.#bytes(node, bias.values, elementTypes.int32, 4));
    return {
      weight: { shape, values, scales: scales(weight.scales) },
      bias: Int32Array.from({ length: view.byteLength / 4 }, (_, i) => view.getInt32(4 * i, true)),
      multipliers: scales(bias.scales),
    };
  }

  /** A convolution. */
  conv(node: NodeProto): Layer {
    const { dims } = this.#weight(node);
    const [filters = 0, , kernel = 0, width = 0] = dims;
    if (dims.length !== 4 || kernel !== width) throw this.#bad(node, "needs a square kernel");
    const stride = this.#equal(node, "strides", 1), padding = this.#equal(node, "pads", 0);
    this.require(node, {
      ...{ kernel_shape: [kernel, kernel], strides: undefined, pads: undefined },
      ...{ dilations: [1, 1], group: 1, auto_pad: "NOTSET" },
    });
    return {
      ...{ kind: "conv", name: this.layerName(node), filters, kernel },
      ...(stride === 1 ? {} : { stride }),
      ...(padding === 0 ? {} : { padding }),
    };
  }

  /** A dense layer. */
  dense(node: NodeProto): Layer {
    if (integers(node, "transB")[0] !== 1) throw this.#bad(node, "needs transB 1");
    this.require(node, { alpha: 1, beta: 1, transA: 0, transB: 1 });
    return { kind: "dense", name: this.layerName(node), units: this.#weight(node).dims[0] ?? 0 };
  }

  /** Side of a pooling's window, whose steps must be as long. */
  poolSize(node: NodeProto): number {
    const size = this.#equal(node, "kernel_shape", 0), stride = this.#equal(node, "strides", 1);
    if (size !== stride) throw this.#bad(node, "has windows that overlap or leave gaps");
    this.require(node, {
      ...{ kernel_shape: undefined, strides: undefined, pads: [0, 0, 0, 0], dilations: [1, 1] },
      ...{
        ceil_mode: 0,
        storage_order: undefined,
        auto_pad: "NOTSET",
        count_include_pad: undefined,
      },
    });
    return size;
  }

  /** The layer's name: that of its weight without `.weight`, or one by its place. */
  layerName(node: NodeProto): string {
    const known = this.#names.get(node);
    if (known !== undefined) return known;
    const stored = this.#weight(node).name ?? "";
    const own = stored.endsWith(".weight") ? stored.slice(0, -".weight".length) : "";
    const name = own === "" || own.includes(".") ? `layer${this.#names.size + 1}` : own;
    this.#names.set(node, name);
    return name;
  }

  #weight(node: NodeProto): TensorProto {
    return this.#quantized.get(node.input[1] ?? "")?.values ?? this.#constant(node, 1);
  }

  #constant(node: NodeProto, place: number): TensorProto {
    const found = this.#constants.get(node.input[place] ?? "");
    if (!found) throw this.#bad(node, `needs a constant as its input ${place}`);
    return found;
  }

  /** The one number that all of a setting's numbers are. */
  #equal(node: NodeProto, setting: string, otherwise: number): number {
    const values = integers(node, setting), first = values[0] ?? otherwise;
    if (values.some((value) => value !== first)) {
      throw this.#bad(node, `has ${setting} ${values}, which must all be the same`);
    }
    return first;
  }

  #floatOf(node: NodeProto, tensor: TensorProto) {
    const { dims, floatData = [] } = tensor;
    if (tensor.dataType === elementTypes.float && floatData.length > 0) {
      const data = Float32Array.from(floatData);
      if (data.length !== elementCount(dims)) throw this.#badLength(node, tensor, data.length);
      return { shape: dims, data };
    }
    const view = dataView(this.#bytes(node, tensor, elementTypes.float, 4));
    const data = Float32Array.from(
      { length: view.byteLength / 4 },
      (_, i) => view.getFloat32(4 * i, true),
    );
    return { shape: dims, data };
  }

  #bytes(node: NodeProto, tensor: TensorProto, kind: number, size: number): Uint8Array {
    const { rawData = new Uint8Array(), dims, dataType, dataLocation = 0 } = tensor;
    if (dataLocation !== 0) {
      throw this.#bad(node, `has its constant ${tensor.name} in another file`);
    }
    if (dataType !== kind) {
      throw this.#bad(
        node,
        `has a constant ${tensor.name} of ONNX's type ${dataType}, not ${kind}`,
      );
    }
    if (rawData.length !== size * elementCount(dims)) {
      throw this.#badLength(node, tensor, rawData.length / size);
    }
    return rawData;
  }

  #badLength(node: NodeProto, { name, dims }: TensorProto, found: number): RangeError {
    return this.#bad(node, `has a constant ${name} of ${found} numbers for (${dims.join(", ")})`);
  }

  #bad(node: NodeProto, why: string): RangeError {
    return new RangeError(`its operator ${this.title(node)} ${why}`);
  }
}

const fround = Math.fround;

function dataView({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function attributeValue(
  { name, type, f = 0, i = 0, s, ints = [] }: AttributeProto,
): number | string | readonly number[] {
  switch (type) {
    case attributeTypes.float:
      return f;
    case attributeTypes.int:
      return i;
    case attributeTypes.text:
      return new TextDecoder().decode(s);
    case attributeTypes.ints:
      return ints;
  }
  throw new RangeError(`its setting ${name} is of ONNX's type ${type}, which is not read`);
}

function integers({ attribute }: NodeProto, name: string): readonly number[] {
  const found = attribute.find((one) => one.name === name);
  return (found ? [attributeValue(found)].flat() : []) as readonly number[];
}
