/**
 * A quantized model in the order in which the kernels read it: weights of packed int8x4 (see packed_int8.ts), biases
 * as the sums start, multipliers and curves; and room for what eight images pass through.
 */
import type { ConvStage, DenseStage } from "../../kernels/kernel_plan.ts";
import type { Activation } from "../../model/architecture.ts";
import { activationCurve } from "./quantized_activation.ts";
import type { QuantizedLayer, QuantizedModel } from "./quantized_model.ts";
import { planQuantized } from "./plan_quantized.ts";
import {
  type Int8x4,
  int8x4Step,
  packedConvInputs,
  packedDenseInputs,
  readsColumns,
} from "./packed_int8.ts";
import {
  INT8_RECORD,
  INT8_UNITS,
  LANE_IMAGES,
  LANE_ROW,
  MEMORY_START,
} from "../../kernels/kernel_constants.ts";

/** What zero is among the inputs of all layers but the first, whose bytes are not negative. */
const ZERO_POINT = 128;

/** Addresses of what every layer has. */
interface LayerAddresses {
  readonly weights: number;
  readonly bias: number;
  readonly multipliers: number;
  readonly curve: number;
  /** Filters or units. */
  readonly outputs: number;
}

/** A convolution's addresses, and distances between packed inputs in bytes. */
export interface ConvAddresses extends LayerAddresses {
  readonly stage: ConvStage;
  readonly step: number;
  readonly packed: number;
  readonly right: number;
  readonly down: number;
  /** Where inputs packed down the columns start, counted from the first; undefined without. */
  readonly columns: number | undefined;
  /** Pairs of packed inputs, and whether one is left over. */
  readonly pairs: number;
  readonly odd: 0 | 1;
}

export interface DenseAddresses extends LayerAddresses {
  readonly stage: DenseStage;
  /** Pairs of packed inputs. */
  readonly pairs: number;
}

/** Where everything stands in the kernels' memory. */
export interface Int8Layout {
  readonly inputLength: number;
  readonly convs: readonly ConvAddresses[];
  readonly denses: readonly DenseAddresses[];
  readonly packed: number;
  readonly sums: number;
  /** 32-bit places for bytes, and for logits in the end. */
  readonly bytes: number;
  /** Eight rows of logits, `rowStride` bytes apart. */
  readonly rows: number;
  readonly rowStride: number;
  /** Images start here, as bytes. */
  readonly images: number;
  /** What the memory holds from the start. */
  readonly constants: readonly (readonly [address: number, bytes: Uint8Array])[];
}

/** Lays out the memory for a model. */
export function layOutInt8(model: QuantizedModel): Int8Layout {
  let next = MEMORY_START;
  const take = (bytes: number): number => {
    const at = next;
    next += Math.ceil(bytes / 64) * 64 + 64;
    return at;
  };
  const constants: (readonly [number, Uint8Array])[] = [];
  const put = (array: Uint8Array | Int32Array | Float32Array): number => {
    const at = take(array.byteLength);
    constants.push([at, new Uint8Array(array.buffer, array.byteOffset, array.byteLength)]);
    return at;
  };
  const { convs: convStages, denses: denseStages, inputLength } = planQuantized(model.architecture);
  const common = (
    layer: QuantizedLayer,
    isFirst: boolean,
    activation: Activation = "tanh", // the last layer has none and reads no curve
  ): Omit<LayerAddresses, "weights"> => ({
    bias: put(startingSums(layer, isFirst)),
    multipliers: put(layer.multipliers),
    curve: put(activationCurve(activation, layer.outputScale)),
    outputs: layer.bias.length,
  });
  const convs = convStages.map((stage, i): ConvAddresses => {
    const { channels, height, width } = stage;
    const layer = model.layers[i]!, list = packedConvInputs(stage);
    const step = int8x4Step(channels), packed = channels * height * width / step;
    const right = LANE_ROW * channels / step;
    const columns = readsColumns(stage) ? LANE_ROW * (packed + 4 * width) : undefined;
    const offset = ({ byte, row, column }: Int8x4): number =>
      column
        ? columns! + row * width * right + byte * right
        : row * width * right + byte / step * LANE_ROW;
    return {
      ...{ stage, step, packed, right, down: width * right, columns },
      pairs: list.length >> 1,
      odd: list.length % 2 === 0 ? 0 : 1,
      ...common(layer, i === 0, stage.activation),
      weights: put(packConv(layer, list, offset)),
    };
  });
  const denses = denseStages.map((stage, i): DenseAddresses => {
    const layer = model.layers[convs.length + i]!, list = packedDenseInputs(stage);
    return {
      ...{ stage, pairs: Math.ceil(list.length / 2) },
      ...common(layer, convs.length + i === 0, stage.activation),
      weights: put(packDense(layer, list)),
    };
  });
  const most = (counts: readonly number[]) => LANE_ROW * (Math.max(...counts) + 64);
  const windows = ({ stage: { outHeight, outWidth }, outputs }: ConvAddresses) =>
    (outputs + 1) * outHeight * outWidth;
  const packed = take(most([
    inputLength,
    ...convs.map(({ packed, stage: { height, width }, columns }) =>
      packed + (columns === undefined ? 0 : (height + 8) * width)
    ),
  ]));
  const numbers = [...convs.map(windows), ...denses.map(({ outputs }) => outputs + INT8_UNITS)];
  const sums = take(most(numbers)), bytes = take(most(numbers));
  const rowStride = 4 * Math.ceil(denses.at(-1)!.outputs / 4) * 4;
  const rows = take(LANE_IMAGES * rowStride);
  return {
    inputLength,
    convs,
    denses,
    packed,
    sums,
    bytes,
    rows,
    rowStride,
    images: next,
    constants,
  };
}

/** Biases, with what the zero point of the inputs adds to each sum taken off. */
function startingSums({ weight, bias }: QuantizedLayer, isFirst: boolean): Int32Array {
  const each = weight.values.length / bias.length;
  const sums = new Int32Array(Math.ceil(bias.length / INT8_UNITS) * INT8_UNITS);
  bias.forEach((b, unit) => {
    const row = weight.values.subarray(unit * each, (unit + 1) * each);
    sums[unit] = b - (isFirst ? 0 : ZERO_POINT * row.reduce((sum, q) => sum + q, 0));
  });
  return sums;
}

/** Records of `convPoolInt8`: two offsets, then the weights of two filters for both inputs of a pair. */
function packConv(
  { weight, bias }: QuantizedLayer,
  inputs: readonly Int8x4[],
  offset: (input: Int8x4) => number,
): Uint8Array {
  const each = weight.values.length / bias.length;
  const packed = new Uint8Array(
    Math.ceil(bias.length / 2) * Math.ceil(inputs.length / 2) * INT8_RECORD,
  );
  const view = new DataView(packed.buffer);
  let at = 0;
  for (let filter = 0; filter < bias.length; filter += 2) {
    for (let i = 0; i < inputs.length; i += 2, at += INT8_RECORD) {
      inputs.slice(i, i + 2).forEach((input, half) => {
        view.setUint32(at + 4 * half, offset(input), true);
        for (const odd of [0, 1]) {
          if (filter + odd === bias.length) continue;
          const row = weight.values.subarray((filter + odd) * each);
          input.taps.forEach((tap, k) => {
            if (tap >= 0) view.setInt8(at + 8 + 8 * odd + 4 * half + k, row[tap]!);
          });
        }
      });
    }
  }
  return packed;
}

/** Weights of `denseInt8`: eight units' packed weights side by side, pair after pair. */
function packDense({ weight, bias }: QuantizedLayer, inputs: readonly Int8x4[]): Uint8Array {
  const each = weight.values.length / bias.length;
  const rowBytes = Math.ceil(inputs.length / 2) * 8; // an odd number is filled up with zeros
  const packed = new Int8Array(Math.ceil(bias.length / INT8_UNITS) * INT8_UNITS * rowBytes);
  for (let unit = 0; unit < bias.length; unit++) {
    const row = weight.values.subarray(unit * each, (unit + 1) * each);
    const block = (unit - unit % INT8_UNITS) * rowBytes;
    inputs.forEach(({ taps }, i) => {
      const at = block + (i >> 1) * INT8_UNITS * 8 + unit % INT8_UNITS * 8 + i % 2 * 4;
      taps.forEach((tap, k) => {
        if (tap >= 0) packed[at + k] = row[tap]!;
      });
    });
  }
  return new Uint8Array(packed.buffer);
}
