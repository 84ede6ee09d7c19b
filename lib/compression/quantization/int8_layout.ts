/**
 * A quantized model in the order in which the kernels read it: weights by quads (see quads.ts), biases
 * as the sums start, multipliers and curves; and room for what eight images pass through.
 */
import type { ConvStage, DenseStage } from "../../kernels/kernel_plan.ts";
import type { Activation } from "../../model/architecture.ts";
import { activationCurve } from "./quantized_activation.ts";
import type { QuantizedLayer, QuantizedModel } from "./quantized_model.ts";
import { planQuantized } from "./plan_quantized.ts";
import { convQuads, denseQuads, type Quad, quadStep, readsColumns } from "./packed_int8.ts";

/** Bytes of 32 bits of eight images. */
export const LANES = 32;
/** Units that `denseInt8` computes at once. */
const TILE = 8;
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

/** A convolution's addresses, and distances between quads in bytes. */
export interface ConvAddresses extends LayerAddresses {
  readonly stage: ConvStage;
  readonly step: number;
  readonly quads: number;
  readonly right: number;
  readonly down: number;
  /** Where the quads of columns start, counted from the first quad; undefined without. */
  readonly columns: number | undefined;
  /** Units of two quads, and whether one quad is left over. */
  readonly units: number;
  readonly odd: 0 | 1;
}

export interface DenseAddresses extends LayerAddresses {
  readonly stage: DenseStage;
  /** Pairs of quads. */
  readonly pairs: number;
}

/** Where everything stands in the kernels' memory. */
export interface Int8Layout {
  readonly inputLength: number;
  readonly convs: readonly ConvAddresses[];
  readonly denses: readonly DenseAddresses[];
  readonly quads: number;
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
  // the compiler puts its constants below
  let next = 65536;
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
    const layer = model.layers[i]!, list = convQuads(stage);
    const step = quadStep(channels), quads = channels * height * width / step;
    const right = LANES * channels / step;
    const columns = readsColumns(stage) ? LANES * (quads + 4 * width) : undefined;
    const offset = ({ byte, row, column }: Quad): number =>
      column
        ? columns! + row * width * right + byte * right
        : row * width * right + byte / step * LANES;
    return {
      ...{ stage, step, quads, right, down: width * right, columns },
      units: list.length >> 1,
      odd: list.length % 2 === 0 ? 0 : 1,
      ...common(layer, i === 0, stage.activation),
      weights: put(packConv(layer, list, offset)),
    };
  });
  const denses = denseStages.map((stage, i): DenseAddresses => {
    const layer = model.layers[convs.length + i]!, list = denseQuads(stage);
    return {
      ...{ stage, pairs: Math.ceil(list.length / 2) },
      ...common(layer, convs.length + i === 0, stage.activation),
      weights: put(packDense(layer, list)),
    };
  });
  const most = (counts: readonly number[]) => LANES * (Math.max(...counts) + 64);
  const windows = ({ stage: { outHeight, outWidth }, outputs }: ConvAddresses) =>
    (outputs + 1) * outHeight * outWidth;
  const quads = take(most([
    inputLength,
    ...convs.map(({ quads, stage: { height, width }, columns }) =>
      quads + (columns === undefined ? 0 : (height + 8) * width)
    ),
  ]));
  const numbers = [...convs.map(windows), ...denses.map(({ outputs }) => outputs + TILE)];
  const sums = take(most(numbers)), bytes = take(most(numbers));
  const rowStride = 4 * Math.ceil(denses.at(-1)!.outputs / 4) * 4;
  const rows = take(8 * rowStride);
  return {
    inputLength,
    convs,
    denses,
    quads,
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
  const sums = new Int32Array(Math.ceil(bias.length / TILE) * TILE);
  bias.forEach((b, unit) => {
    const row = weight.values.subarray(unit * each, (unit + 1) * each);
    sums[unit] = b - (isFirst ? 0 : ZERO_POINT * row.reduce((sum, q) => sum + q, 0));
  });
  return sums;
}

/** Records of `convPoolInt8`: two offsets, then the weights of two filters for both quads. */
function packConv(
  { weight, bias }: QuantizedLayer,
  quads: readonly Quad[],
  offset: (quad: Quad) => number,
): Uint8Array {
  const each = weight.values.length / bias.length, record = 24;
  const packed = new Uint8Array(Math.ceil(bias.length / 2) * Math.ceil(quads.length / 2) * record);
  const view = new DataView(packed.buffer);
  let at = 0;
  for (let filter = 0; filter < bias.length; filter += 2) {
    for (let i = 0; i < quads.length; i += 2, at += record) {
      quads.slice(i, i + 2).forEach((quad, half) => {
        view.setUint32(at + 4 * half, offset(quad), true);
        for (const odd of [0, 1]) {
          if (filter + odd === bias.length) continue;
          const row = weight.values.subarray((filter + odd) * each);
          quad.taps.forEach((tap, k) => {
            if (tap >= 0) view.setInt8(at + 8 + 8 * odd + 4 * half + k, row[tap]!);
          });
        }
      });
    }
  }
  return packed;
}

/** Weights of `denseInt8`: eight units' quads side by side, pair after pair. */
function packDense({ weight, bias }: QuantizedLayer, quads: readonly Quad[]): Uint8Array {
  const each = weight.values.length / bias.length;
  const rowBytes = Math.ceil(quads.length / 2) * 8; // an odd number of quads is filled up with zeros
  const packed = new Int8Array(Math.ceil(bias.length / TILE) * TILE * rowBytes);
  for (let unit = 0; unit < bias.length; unit++) {
    const row = weight.values.subarray(unit * each, (unit + 1) * each);
    const block = (unit - unit % TILE) * rowBytes;
    quads.forEach(({ taps }, i) => {
      const at = block + (i >> 1) * TILE * 8 + unit % TILE * 8 + i % 2 * 4;
      taps.forEach((tap, k) => {
        if (tap >= 0) packed[at + k] = row[tap]!;
      });
    });
  }
  return new Uint8Array(packed.buffer);
}
