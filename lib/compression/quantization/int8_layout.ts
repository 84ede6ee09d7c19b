/**
 * Where a quantized model stands in the kernels' memory: its weights, biases, multipliers and curves,
 * and room for what eight images pass through.
 */
import { AddressSpace, roundUp } from "../../kernels/address_space.ts";
import { INT8_UNITS, LANE_IMAGES, LANE_ROW } from "../../kernels/kernel_constants.ts";
import { Int8ConvLayer, Int8DenseLayer, Requantization } from "../../kernels/kernel_interface.ts";
import type { ConvStage, DenseStage } from "../../kernels/kernel_plan.ts";
import type { Activation } from "../../model/architecture.ts";
import { packConvWeights, packDenseWeights, startingSums } from "./pack_int8_weights.ts";
import {
  type Int8x4,
  int8x4Step,
  packedConvInputs,
  packedDenseInputs,
  readsColumns,
} from "./packed_int8.ts";
import { planQuantized } from "./plan_quantized.ts";
import { layerCurve, type QuantizedLayer, type QuantizedModel } from "./quantized_model.ts";

/** What the kernels are told about a layer, and how its inputs are packed. */
interface Int8Layer {
  /** Descriptors: an Int8ConvLayer or Int8DenseLayer, and a Requantization. */
  readonly layer: number;
  readonly requantization: number;
  /** Packed int8x4 that the layer reads, and bytes from one to the next. */
  readonly packedInputs: number;
  readonly step: number;
}

/** A convolution's addresses and sizes. */
export interface Int8Conv extends Int8Layer {
  readonly height: number;
  readonly width: number;
  /** Where inputs packed down the columns start, counted from the first; undefined without. */
  readonly columns: number | undefined;
  /** Sums that it leaves, in lanes. */
  readonly sums: number;
  /** How one image is taken, cut into strips. */
  readonly strips: Int8Strips;
}

/** One image's convolution, whose lanes are strips of the image. */
export interface Int8Strips {
  /** Descriptors: the layer and its requantization for a strip's windows. */
  readonly layer: number;
  readonly requantization: number;
  /** Rows of a strip, its bytes, and bytes from one strip's start to the next one's. */
  readonly height: number;
  readonly length: number;
  readonly stride: number;
  readonly filters: number;
  /** Windows of a strip, and of the whole image. */
  readonly each: number;
  readonly windows: number;
  /** Where the byte of a channel and a window goes, in bytes. */
  readonly toChannel: number;
  readonly toWindow: number;
}

/** Where everything stands in the kernels' memory. */
export interface Int8Layout {
  readonly inputLength: number;
  readonly convs: readonly Int8Conv[];
  readonly denses: readonly Int8Layer[];
  readonly packed: number;
  readonly sums: number;
  /** 32-bit places for bytes, and for logits in the end. */
  readonly bytes: number;
  /** One image's bytes between two layers: two places that take turns. */
  readonly single: readonly [number, number];
  /** Multipliers of the last layer's sums. */
  readonly lastMultipliers: Float32Array;
  /** Eight rows of logits, `rowStride` bytes apart. */
  readonly rows: number;
  readonly rowStride: number;
  /** Images start here, as bytes. */
  readonly images: number;
  /** Writes what the memory holds from the start. */
  readonly describe: (memory: WebAssembly.Memory) => void;
}

/**
 * Lays out the memory for a model.
 * @param strips into how many strips one image is cut: as many as a vector of the build has lanes
 */
export function layOutInt8(model: QuantizedModel, strips: number): Int8Layout {
  const space = new AddressSpace();
  const { convs: convStages, denses: denseStages, inputLength } = planQuantized(model.architecture);
  const convs = convStages.map((stage, i) =>
    layOutConv(stage, model.layers[i]!, i === 0, i + 1 === convStages.length, strips, space)
  );
  const denses = denseStages.map((stage, i) => {
    const index = convs.length + i;
    return layOutDense(stage, model.layers[index]!, index === 0, space);
  });
  const lanes = (numbers: readonly number[]) => space.bytes(LANE_ROW * (Math.max(...numbers) + 64));
  const packed = lanes([
    inputLength,
    ...convs.map(({ packedInputs, height, width, columns }) =>
      packedInputs + (columns === undefined ? 0 : (height + 8) * width)
    ),
  ]);
  const numbers = [
    ...convs.map(({ sums }) => sums),
    ...denseStages.map(({ units }) => units + INT8_UNITS),
  ];
  // `bytesToInt8x4` reads eight strips, whatever there are
  const singleBytes = 64 + Math.max(
    ...convs.map(({ strips: { length, stride, filters, windows } }) =>
      Math.max(7 * stride + length, filters * windows)
    ),
    ...denses.map(({ packedInputs }) => 4 * packedInputs),
    ...denseStages.map(({ units }) => units),
  );
  const rowStride = 4 * roundUp(denseStages.at(-1)!.units, 4);
  return {
    ...{ inputLength, convs, denses, packed, rowStride },
    sums: lanes(numbers),
    bytes: lanes(numbers),
    single: [space.bytes(singleBytes), space.bytes(singleBytes)],
    lastMultipliers: model.layers.at(-1)!.multipliers,
    rows: space.bytes(LANE_IMAGES * rowStride),
    images: space.next,
    describe: space.takeConstants(),
  };
}

function layOutConv(
  stage: ConvStage,
  layer: QuantizedLayer,
  isFirst: boolean,
  isLast: boolean,
  strips: number,
  space: AddressSpace,
): Int8Conv {
  const { channels, height, width, filters, kernel, outHeight, outWidth } = stage;
  const inputs = packedConvInputs(stage), step = int8x4Step(channels);
  const packedInputs = channels * height * width / step;
  const right = LANE_ROW * channels / step, down = width * right;
  const columns = readsColumns(stage) ? LANE_ROW * (packedInputs + 4 * width) : undefined;
  const offset = ({ byte, row, column }: Int8x4): number =>
    row * down + (column ? columns! + byte * right : byte / step * LANE_ROW);
  const windows = outHeight * outWidth;
  const described = {
    ...{ right, down, filters, outHeight, outWidth },
    pairs: inputs.length >> 1,
    odd: inputs.length % 2,
    bias: space.constant(startingSums(layer, isFirst)),
    records: space.constant(packConvWeights(layer, inputs, offset)),
  };
  const stripRows = Math.ceil(outHeight / strips), each = stripRows * outWidth;
  const stripHeight = 2 * stripRows + kernel - 1;
  return {
    ...{ packedInputs, step, height, width, columns, sums: (filters + 1) * windows },
    layer: space.descriptor(Int8ConvLayer, described),
    strips: {
      layer: space.descriptor(Int8ConvLayer, { ...described, outHeight: stripRows }),
      requantization: requantization(
        ...[layer, stage.activation, each, each * LANE_ROW, LANE_ROW, space] as const,
      ),
      ...{ height: stripHeight, length: stripHeight * width * channels, each, windows, filters },
      stride: 2 * stripRows * width * channels,
      // in rows for the dense layer, channel-last for another convolution
      toChannel: isLast ? windows : 1,
      toWindow: isLast ? 1 : filters,
    },
    // in rows for the dense layer, channel-last for another convolution
    requantization: requantization(
      layer,
      stage.activation,
      windows,
      isLast ? windows * LANE_ROW : LANE_ROW,
      isLast ? LANE_ROW : filters * LANE_ROW,
      space,
    ),
  };
}

function layOutDense(
  stage: DenseStage,
  layer: QuantizedLayer,
  isFirst: boolean,
  space: AddressSpace,
): Int8Layer {
  const inputs = packedDenseInputs(stage), pairs = Math.ceil(inputs.length / 2);
  return {
    ...{ packedInputs: 2 * pairs, step: 4 },
    layer: space.descriptor(Int8DenseLayer, {
      ...{ pairs, units: stage.units },
      bias: space.constant(startingSums(layer, isFirst)),
      weights: space.constant(packDenseWeights(layer, inputs)),
    }),
    requantization: requantization(layer, stage.activation, 1, LANE_ROW, LANE_ROW, space),
  };
}

/** The last layer has no activation, and reads no curve. */
function requantization(
  layer: QuantizedLayer,
  activation: Activation | undefined,
  positions: number,
  toChannel: number,
  toPosition: number,
  space: AddressSpace,
): number {
  const { bias, multipliers } = layer;
  return space.descriptor(Requantization, {
    ...{ channels: bias.length, positions, toChannel, toPosition },
    multipliers: space.constant(multipliers),
    curve: space.constant(layerCurve(layer, activation)),
  });
}
