/**
 * The kernels of assembly/conv_weight_gradient.ts. A sum over n windows, added to one that stands
 * there, is rounded at most n + 1 times; with whole numbers it is exact. Unpacking is one float32
 * addition, the same as the twin's.
 */
import fc from "../../fast_check.ts";
import { ConvLayer } from "../../../lib/kernels/kernel_interface.ts";
import * as twins from "../../../lib/kernels/twins/kernel_twins.ts";
import {
  longTile,
  SHORT_TILE,
  type Tile,
  tiledSize,
  type WeightGradientInput,
} from "../../../lib/kernels/twins/weight_gradient_twin.ts";
import { drawNumbers, exactly, magnitudes, times, UNIT, values, within } from "./expectations.ts";
import {
  drawGradient,
  type DrawnGradient,
  gradientExamples,
  gradientFields,
  gradientShapes,
} from "./gradient_cases.ts";
import { testAgainstTwin } from "./test_against_twin.ts";

/** What both kernels are given. */
type Drawn = DrawnGradient & WeightGradientInput & {
  readonly input: Float32Array;
  readonly sums: Float32Array;
  readonly biases: Float32Array;
};

/** How many tiles a layer's sums take downwards, and how many a run takes. */
const tileFields = (kernel: number, channels: number, tile: Tile) => ({
  tileBands: Math.ceil(kernel / tile.rows),
  tileChunks: Math.ceil(kernel * channels / tile.columns),
});

function testWeightGradients(
  kernel: "addShortWeightGradients" | "addLongWeightGradients",
  tileOf: (kernel: number) => Tile,
): void {
  testAgainstTwin({
    kernel,
    shapes: gradientShapes,
    examples: gradientExamples,
    data(shape): Drawn {
      const drawn = drawGradient(shape), { filters, channels, kernel } = drawn;
      const size = tiledSize(filters, channels, kernel, tileOf(kernel));
      const { numbers } = drawn;
      return {
        ...drawn,
        ...{ input: numbers(drawn.length), sums: numbers(size), biases: numbers(filters) },
      };
    },
    call(harness, drawn) {
      const { channels, kernel: side } = drawn;
      const input = harness.input("input", drawn.input);
      const g = harness.input("g", drawn.g), argmax = harness.input("argmax", drawn.argmax);
      const sums = harness.output("sums", drawn.sums);
      const biases = harness.output("biases", drawn.biases);
      const layer = harness.descriptor(ConvLayer, {
        ...{ ...gradientFields(drawn), kernel: side, sums: sums.at },
        ...tileFields(side, channels, tileOf(side)),
      });
      harness.call((kernels) => kernels[kernel](layer, input, g, argmax, biases.at));
      return { sums: sums.read(), biases: biases.read() };
    },
    twin(drawn) {
      const sizes = twins[kernel]({
        ...drawn,
        ...{ input: magnitudes(drawn.input), g: magnitudes(drawn.g) },
        ...{ sums: magnitudes(drawn.sums), biases: magnitudes(drawn.biases) },
      });
      const { sums, biases } = twins[kernel](drawn);
      const factor = drawn.whole ? 0 : UNIT * (drawn.windows + 1);
      return {
        sums: within(sums, times(factor, sizes.sums)),
        biases: within(biases, times(factor, sizes.biases)),
      };
    },
  });
}

testWeightGradients("addShortWeightGradients", () => SHORT_TILE);
testWeightGradients("addLongWeightGradients", longTile);

testAgainstTwin({
  kernel: "unpackWeightGradients",
  shapes: fc.record({
    channels: fc.integer({ min: 1, max: 8 }),
    filters: fc.integer({ min: 1, max: 9 }),
    kernel: fc.integer({ min: 1, max: 13 }),
    isLong: fc.boolean(),
    values,
  }),
  data({ channels, filters, kernel, isLong, values }) {
    const tile = isLong ? longTile(kernel) : SHORT_TILE, numbers = drawNumbers(values);
    return {
      ...{ channels, filters, kernel, tile },
      sums: numbers(tiledSize(filters, channels, kernel, tile)),
      gradient: numbers(filters * channels * kernel ** 2),
    };
  },
  call(harness, { channels, filters, kernel, tile, sums, gradient }) {
    const at = harness.input("sums", sums), output = harness.output("gradient", gradient);
    const layer = harness.descriptor(ConvLayer, {
      ...{ channels, filters, kernel, sums: at },
      ...{ tileRows: tile.rows, tileColumns: tile.columns },
      ...tileFields(kernel, channels, tile),
    });
    harness.call((kernels) => kernels.unpackWeightGradients(layer, output.at));
    return { gradient: output.read() };
  },
  twin: ({ channels, filters, kernel, tile, sums, gradient }) => ({
    gradient: exactly(
      twins.unpackWeightGradients(sums, filters, channels, kernel, tile, gradient),
    ),
  }),
});
