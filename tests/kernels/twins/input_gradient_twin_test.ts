/**
 * The kernels of assembly/conv_input_gradient.ts. A pixel's gradient is a sum over at most all
 * windows and filters, and rounded as many times; with whole numbers it is exact. The padded
 * weights are copies.
 */
import { CHUNK, INPUT_TILE_ROWS } from "../../../lib/kernels/kernel_constants.ts";
import { ConvLayer } from "../../../lib/kernels/kernel_interface.ts";
import * as twins from "../../../lib/kernels/twins/kernel_twins.ts";
import { exactly, magnitudes, times, UNIT, within } from "./expectations.ts";
import {
  drawGradient,
  type DrawnGradient,
  gradientExamples,
  gradientFields,
  type GradientShape,
  gradientShapes,
} from "./gradient_cases.ts";
import { comparison, testAgainstTwin, type TwinTest } from "./test_against_twin.ts";

type Drawn = DrawnGradient & {
  readonly weights: Float32Array;
  /** Tiles that the padded weights of a filter take: downwards, and in a row. */
  readonly bands: number;
  readonly chunks: number;
};

function draw(shape: GradientShape): Drawn {
  const drawn = drawGradient(shape), { filters, channels, kernel } = drawn;
  const weights = drawn.numbers(filters * channels * kernel ** 2);
  return {
    ...{ ...drawn, weights },
    bands: Math.ceil((kernel + 1) / INPUT_TILE_ROWS),
    chunks: Math.ceil((kernel + 1) * channels / CHUNK),
  };
}

/** The twin's padded weights, so that each kernel is tried alone. */
const padded = ({ weights, filters, channels, kernel, chunks }: Drawn) =>
  twins.padWeights(weights, filters, channels, kernel, chunks);

const inputGradient: TwinTest<GradientShape, Drawn> = {
  kernel: "addInputGradient",
  shapes: gradientShapes,
  examples: gradientExamples,
  data: draw,
  call(harness, drawn) {
    const { windows, filters, channels, row, length, bands, chunks } = drawn;
    const { outHeight, outWidth } = drawn;
    // tiles reach past the image's last row
    const lastRow = 2 * (outHeight - 1) + INPUT_TILE_ROWS * bands - 1;
    const reach = lastRow * row + 2 * (outWidth - 1) * channels + CHUNK * chunks;
    const room = [[0, 4 * Math.max(length, reach)]] as const;
    const image = new Float32Array(Math.max(length, reach));
    const gradient = harness.output("gradient", image, room);
    const g = harness.input("g", drawn.g), argmax = harness.input("argmax", drawn.argmax);
    const weights = harness.input("padded weights", Float32Array.from(padded(drawn)));
    const pointers = harness.output("pointers", new Int32Array(filters * windows + 4));
    const layer = harness.descriptor(ConvLayer, {
      ...{ ...gradientFields(drawn), pixelBytes: 4 * channels },
      ...{ paddedBands: bands, paddedChunks: chunks, paddedWeights: weights },
      pointers: pointers.at,
    });
    harness.call((kernels) => kernels.addInputGradient(layer, gradient.at, g, argmax));
    return { gradient: gradient.read().slice(0, length) };
  },
  twin(drawn) {
    const sizes = twins.addInputGradient({
      ...drawn,
      ...{ g: magnitudes(drawn.g), weights: magnitudes(drawn.weights) },
    });
    const factor = drawn.whole ? 0 : UNIT * drawn.filters * drawn.windows;
    return { gradient: within(twins.addInputGradient(drawn), times(factor, sizes)) };
  },
};

testAgainstTwin(inputGradient);

for (const build of ["wide", "wide-dot"] as const) {
  Deno.test(`addInputGradient (${build}) on rows of fewer than 32 numbers`, async () => {
    const compare = await comparison(inputGradient, build);
    compare({
      ...{ channels: 5, filters: 1, kernel: 4, outHeight: 1, outWidth: 1, channelLast: false },
      values: { seed: 0, whole: false },
    });
  });
}

testAgainstTwin({
  kernel: "padWeights",
  shapes: gradientShapes,
  examples: gradientExamples,
  data: draw,
  call(harness, drawn) {
    const { filters, channels, kernel, bands, chunks } = drawn;
    const weights = harness.input("weights", drawn.weights);
    const output = harness.output("padded weights", new Float32Array(padded(drawn).length));
    const layer = harness.descriptor(ConvLayer, {
      ...{ weights, filters, channels, kernel },
      ...{ paddedBands: bands, paddedChunks: chunks, paddedWeights: output.at },
    });
    harness.call((kernels) => kernels.padWeights(layer));
    return { padded: output.read() };
  },
  twin: (drawn) => ({ padded: exactly(padded(drawn)) }),
});
