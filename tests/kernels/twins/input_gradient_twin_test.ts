/**
 * The kernels of assembly/conv_input_gradient.ts. A pixel's gradient is a sum over at most all
 * windows and filters, and rounded as many times; with whole numbers it is exact. The padded
 * weights are copies.
 */
import { CHUNK, INPUT_TILE_ROWS } from "../../../lib/kernels/kernel_constants.ts";
import * as twins from "../../../lib/kernels/twins/kernel_twins.ts";
import { exactly, magnitudes, times, UNIT, within } from "./expectations.ts";
import {
  drawGradient,
  type DrawnGradient,
  gradientExamples,
  type GradientShape,
  gradientShapes,
} from "./gradient_cases.ts";
import { comparison, testAgainstTwin, type TwinTest } from "./test_against_twin.ts";

type Drawn = DrawnGradient & { readonly weights: Float32Array; readonly chunks: number };

function draw(shape: GradientShape): Drawn {
  const drawn = drawGradient(shape), { filters, channels, kernel } = drawn;
  const weights = drawn.numbers(filters * channels * kernel ** 2);
  return { ...drawn, weights, chunks: Math.ceil((kernel + 1) * channels / CHUNK) };
}

/** The twin's padded weights, so that each kernel is tried alone. */
const padded = ({ weights, filters, channels, kernel, chunks }: Drawn) =>
  twins.padWeights(weights, filters, channels, kernel, chunks);

/**
 * Where the wide builds lose sums: two tiles that are computed together, 24 numbers apart, overlap
 * if a row is shorter than 32 numbers. Then one of them overwrites what the other has added.
 */
const losesSums = ({ channels, kernel, outWidth }: GradientShape) =>
  (kernel + 1) * channels > 24 && (2 * outWidth + kernel - 1) * channels < 32;

const inputGradient: TwinTest<GradientShape, Drawn> = {
  kernel: "addInputGradient",
  shapes: gradientShapes.filter((shape) => !losesSums(shape)),
  examples: gradientExamples,
  data: draw,
  call(harness, drawn) {
    const { gFilter, gWindow, windows, filters, channels, kernel, row, length, chunks } = drawn;
    const { outHeight, outWidth } = drawn;
    // tiles reach past the image's last row
    const lastRow = 2 * (outHeight - 1) +
      INPUT_TILE_ROWS * Math.ceil((kernel + 1) / INPUT_TILE_ROWS) - 1;
    const reach = lastRow * row + 2 * (outWidth - 1) * channels + CHUNK * chunks;
    const room = [[0, 4 * Math.max(length, reach)]] as const;
    const image = new Float32Array(Math.max(length, reach));
    const gradient = harness.output("gradient", image, room);
    const g = harness.input("g", drawn.g), argmax = harness.input("argmax", drawn.argmax);
    const weights = harness.input("padded weights", Float32Array.from(padded(drawn)));
    const pointers = harness.output("pointers", new Int32Array(filters * windows + 4));
    harness.call((kernels) =>
      kernels.addInputGradient(
        ...[gradient.at, g, argmax, 4 * gFilter, 4 * gWindow, outHeight, outWidth] as const,
        ...[filters, kernel, chunks, 4 * row, 4 * channels, weights, pointers.at] as const,
      )
    );
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
  Deno.test.ignore(`addInputGradient (${build}) on rows of fewer than 32 numbers`, async () => {
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
    const { filters, channels, kernel, chunks } = drawn;
    const weights = harness.input("weights", drawn.weights);
    const output = harness.output("padded weights", new Float32Array(padded(drawn).length));
    harness.call((kernels) =>
      kernels.padWeights(weights, filters, channels, kernel, chunks, output.at)
    );
    return { padded: output.read() };
  },
  twin: (drawn) => ({ padded: exactly(padded(drawn)) }),
});
