import {
  type AttributeProto,
  attributeTypes,
  elementTypes,
  type NodeProto,
  type TensorProto,
} from "./onnx_messages.ts";

/** Numbers that a constant may hold. */
export type ConstantData = Float32Array | Int32Array | Int8Array | Uint8Array;

/** The little-endian bytes of numbers, as ONNX wants them. */
function littleEndian(data: ConstantData): Uint8Array {
  const bytes = new Uint8Array(data.byteLength), view = new DataView(bytes.buffer);
  data.forEach((value, i) => {
    if (data instanceof Float32Array) view.setFloat32(4 * i, value, true);
    else if (data instanceof Int32Array) view.setInt32(4 * i, value, true);
    else bytes[i] = value;
  });
  return bytes;
}

function elementType(data: ConstantData): number {
  if (data instanceof Float32Array) return elementTypes.float;
  if (data instanceof Int32Array) return elementTypes.int32;
  return data instanceof Int8Array ? elementTypes.int8 : elementTypes.uint8;
}

/** The settings of a node: whole numbers, lists of them, or real numbers. */
export type Attributes = Readonly<Record<string, number | readonly number[] | { real: number }>>;

/** Collects the nodes and constants of a chain of operators, each of which takes what the last one gave. */
export class GraphWriter {
  readonly nodes: NodeProto[] = [];
  readonly constants: TensorProto[] = [];
  #last: string;

  /** A graph without nodes. @param input name of its input */
  constructor(input: string) {
    this.#last = input;
  }

  /** Name of what the last operator gave. */
  get last(): string {
    return this.#last;
  }

  /** Adds a constant. @param shape without sides for a single number @returns its name */
  constant(name: string, shape: readonly number[], data: ConstantData): string {
    this.constants.push({
      ...{ name, dims: [...shape], dataType: elementType(data), rawData: littleEndian(data) },
    });
    return name;
  }

  /** Adds the next operator of the chain. @param others its further inputs @param output what it gives */
  next(opType: string, output: string, others: readonly string[] = [], of: Attributes = {}): void {
    this.beside(opType, [this.#last, ...others], output, of);
    this.#last = output;
  }

  /** Adds an operator that is not part of the chain. @returns what it gives */
  beside(
    opType: string,
    input: readonly string[],
    output: string,
    attributes: Attributes = {},
  ): string {
    const attribute = Object.entries(attributes).map(([name, value]): AttributeProto => {
      if (typeof value === "number") return { name, type: attributeTypes.int, i: value };
      if ("real" in value) return { name, type: attributeTypes.float, f: value.real };
      return { name, type: attributeTypes.ints, ints: value };
    });
    this.nodes.push({ opType, name: output, input, output: [output], attribute });
    return output;
  }
}
