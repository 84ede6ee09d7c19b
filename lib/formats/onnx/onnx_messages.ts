/**
 * The messages of ONNX that a chain of layers needs, by the numbers of their fields:
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3. protobufjs encodes and decodes them; fields
 * that are not listed are skipped.
 */
import protobuf from "protobufjs/light.js";

/** Kinds of numbers in a tensor. */
export const elementTypes = { float: 1, uint8: 2, int8: 3, int32: 6 } as const;

/** Kinds of an attribute's value. */
export const attributeTypes = { float: 1, int: 2, text: 3, ints: 7 } as const;

/** A constant. */
export interface TensorProto {
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly name?: string;
  readonly rawData?: Uint8Array;
  readonly floatData?: readonly number[];
  /** 1: the numbers stand in another file. */
  readonly dataLocation?: number;
}

/** A setting of a node. */
export interface AttributeProto {
  readonly name: string;
  readonly type?: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly ints?: readonly number[];
}

/** A step of the computation. */
export interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name?: string;
  readonly opType: string;
  readonly domain?: string;
  readonly attribute: readonly AttributeProto[];
}

/** A dimension: a number, or a name for one that is left open. */
export type Dimension = { readonly dimValue: number } | { readonly dimParam: string };

/** An input or output of the graph. */
export interface ValueInfoProto {
  readonly name: string;
  readonly type?: {
    readonly tensorType?: {
      readonly elemType?: number;
      readonly shape?: { readonly dim: readonly Dimension[] };
    };
  };
}

/** Nodes and constants. */
export interface GraphProto {
  readonly name?: string;
  readonly node: readonly NodeProto[];
  readonly initializer: readonly TensorProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
}

/** A file. */
export interface ModelProto {
  readonly irVersion: number;
  readonly producerName?: string;
  readonly opsetImport: readonly { readonly domain?: string; readonly version: number }[];
  readonly graph?: GraphProto;
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
}

type Field = readonly [id: number, type: string];
const many = (id: number, type: string) => ({ id, type, rule: "repeated" });

function message(
  one: Readonly<Record<string, Field>>,
  repeated: Readonly<Record<string, object>> = {},
) {
  const single = Object.entries(one).map(([name, [id, type]]) => [name, { id, type }]);
  return { fields: { ...Object.fromEntries(single), ...repeated } };
}

const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: message(
      { irVersion: [1, "int64"], producerName: [2, "string"], graph: [7, "GraphProto"] },
      {
        opsetImport: many(8, "OperatorSetIdProto"),
        metadataProps: many(14, "StringStringEntryProto"),
      },
    ),
    OperatorSetIdProto: message({ domain: [1, "string"], version: [2, "int64"] }),
    StringStringEntryProto: message({ key: [1, "string"], value: [2, "string"] }),
    GraphProto: message({ name: [2, "string"] }, {
      node: many(1, "NodeProto"),
      initializer: many(5, "TensorProto"),
      input: many(11, "ValueInfoProto"),
      output: many(12, "ValueInfoProto"),
    }),
    NodeProto: message({ name: [3, "string"], opType: [4, "string"], domain: [7, "string"] }, {
      input: many(1, "string"),
      output: many(2, "string"),
      attribute: many(5, "AttributeProto"),
    }),
    AttributeProto: message(
      {
        name: [1, "string"],
        f: [2, "float"],
        i: [3, "int64"],
        s: [4, "bytes"],
        type: [20, "int32"],
      },
      { ints: many(8, "int64") },
    ),
    TensorProto: message(
      {
        dataType: [2, "int32"],
        name: [8, "string"],
        rawData: [9, "bytes"],
        dataLocation: [14, "int32"],
      },
      { dims: many(1, "int64"), floatData: many(4, "float") },
    ),
    ValueInfoProto: message({ name: [1, "string"], type: [2, "TypeProto"] }),
    TypeProto: message({ tensorType: [1, "TensorTypeProto"] }),
    TensorTypeProto: message({ elemType: [1, "int32"], shape: [2, "TensorShapeProto"] }),
    TensorShapeProto: message({}, { dim: many(1, "Dimension") }),
    Dimension: message({ dimValue: [1, "int64"], dimParam: [2, "string"] }),
  },
} as protobuf.INamespace);

const modelType = root.lookupType("ModelProto");

/** The bytes of a file. */
export function encodeModelProto(model: ModelProto): Uint8Array {
  return modelType.encode(modelType.fromObject(model)).finish();
}

/** @throws Error if the bytes are no such message */
export function decodeModelProto(bytes: Uint8Array): ModelProto {
  return modelType.toObject(modelType.decode(bytes), {
    longs: Number,
    arrays: true,
  }) as ModelProto;
}
