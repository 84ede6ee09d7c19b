/**
 * The convolutions of assembly/winograd.ts and assembly/winograd_columns.ts. Transforms and sums
 * are rounded at each step, so results may be off by the number of roundings times 2⁻²⁴ times what
 * the same formula gives for the magnitudes of all numbers and matrices. With weights that are
 * multiples of all the transform's denominators, and small enough, everything is exact: then so are
 * outputs and argmax, ties included.
 */
import fc from "../../fast_check.ts";
import { assertLess } from "../../assert.ts";
import {
  COLUMN_POINTS,
  COLUMN_SUMS,
  LANE_IMAGES,
  PATCH_COLUMNS,
  PATCH_POINTS,
  PATCH_WINDOWS,
} from "../../../lib/kernels/kernel_constants.ts";
import { ConvLayer } from "../../../lib/kernels/kernel_interface.ts";
import { convolve, pooledSize } from "../../../lib/kernels/twins/conv_twin.ts";
import * as twins from "../../../lib/kernels/twins/kernel_twins.ts";
import {
  COLUMN_TRANSFORMS,
  winogradColumnSums,
} from "../../../lib/kernels/twins/winograd_columns_twin.ts";
import {
  type TransformedConv,
  TRANSFORMS,
  type Transforms,
  winogradSums,
} from "../../../lib/kernels/twins/winograd_twin.ts";
import { maxDifference } from "../../systems/helpers.ts";
import { convShapes, drawConv, type DrawnConv, pooledOutputs, pooledWithin } from "./conv_cases.ts";
import { magnitudes, matrixMagnitudes, times, UNIT } from "./expectations.ts";
import type { KernelHarness } from "./kernel_harness.ts";
import { testAgainstTwin } from "./test_against_twin.ts";

const [whole, real] = [{ seed: 1, whole: true }, { seed: 1, whole: false }];
const shapes = convShapes({ channels: 4, outWidth: 2 * PATCH_WINDOWS + 1 }, fc.constant(5));
const size = { kernel: 5, outHeight: 2, outWidth: PATCH_WINDOWS, odd: false };
const examples = [
  { ...size, channels: 3, filters: 16, values: whole },
  { ...size, channels: 4, filters: 7, values: real },
  { ...size, channels: 1, filters: 1, outHeight: 3, outWidth: 1, values: real },
];

const transformMagnitudes = ({ pixels, sums }: Transforms): Transforms => ({
  pixels: matrixMagnitudes(pixels),
  sums: matrixMagnitudes(sums),
});

/** A convolution with its weights transformed to float32. */
type Transformed = DrawnConv & { readonly transformed: Float32Array };

/** The magnitudes of what sums are made of, times a factor. */
const sizesOf = (conv: Transformed, factor: number): TransformedConv => ({
  ...conv,
  input: times(factor, magnitudes(conv.input)),
  transformed: magnitudes(conv.transformed),
  bias: times(factor, magnitudes(conv.bias)),
});

/** Puts weights and bias into the memory. @returns the fields that both kernels read */
function layerFields(harness: KernelHarness, conv: Transformed) {
  const { channels, height, width, filters, right, down } = conv;
  return {
    transformed: harness.input("transformed", conv.transformed),
    bias: harness.input("bias", conv.bias),
    ...{ channels, height, width, filters, ...pooledSize(conv) },
    ...{ pixelBytes: right, rowBytes: down },
  };
}

testAgainstTwin({
  kernel: "convPoolWinograd",
  runs: 20,
  shapes,
  examples,
  data(shape): Transformed {
    const conv = drawConv(shape, LANE_IMAGES, 24 * 24, 1), { weights, filters, channels } = conv;
    const transformed = Float32Array.from(twins.transformFilters(weights, filters, channels));
    return { ...conv, transformed };
  },
  call(harness, conv) {
    const input = harness.input("input", conv.input), fields = layerFields(harness, conv);
    const { output, argmax } = pooledOutputs(harness, conv);
    const columns = harness.output("columns", new Float32Array(6 * PATCH_COLUMNS * LANE_IMAGES));
    const patches = harness.output(
      "patches",
      new Float32Array(PATCH_POINTS * conv.channels * PATCH_WINDOWS * LANE_IMAGES),
    );
    const products = harness.output(
      "products",
      new Float32Array(PATCH_POINTS * 2 * PATCH_WINDOWS * LANE_IMAGES),
    );
    const layer = harness.descriptor(ConvLayer, {
      ...{ ...fields, columns: columns.at, patches: patches.at, products: products.at },
    });
    harness.call((kernels) => kernels.convPoolWinograd(layer, input, output.at, argmax.at));
    return { output: output.read(), argmax: argmax.read() };
  },
  twin(conv) {
    const roundings = conv.whole ? 0 : conv.channels + 17;
    const bounds = winogradSums(
      sizesOf(conv, roundings * UNIT),
      transformMagnitudes(TRANSFORMS),
    );
    return pooledWithin(winogradSums(conv), bounds, conv);
  },
});

testAgainstTwin({
  kernel: "convPoolWinogradColumns",
  runs: 20,
  shapes,
  examples,
  data(shape): Transformed {
    const conv = drawConv(shape, LANE_IMAGES, 90, 1), { weights, filters, channels } = conv;
    const transformed = Float32Array.from(
      twins.transformFilterColumns(weights, filters, channels),
    );
    return { ...conv, transformed };
  },
  call(harness, conv) {
    const input = harness.input("input", conv.input), fields = layerFields(harness, conv);
    const { output, argmax } = pooledOutputs(harness, conv);
    const columns = harness.output(
      "columns",
      new Float32Array(COLUMN_POINTS * conv.channels * conv.width * LANE_IMAGES),
    );
    const sums = COLUMN_SUMS * Math.ceil(2 * fields.outWidth / COLUMN_SUMS);
    const products = harness.output(
      "products",
      new Float32Array(COLUMN_POINTS * 2 * sums * LANE_IMAGES),
    );
    const layer = harness.descriptor(ConvLayer, {
      ...{ ...fields, columns: columns.at, products: products.at },
    });
    harness.call((kernels) => kernels.convPoolWinogradColumns(layer, input, output.at, argmax.at));
    return { output: output.read(), argmax: argmax.read() };
  },
  twin(conv) {
    const roundings = conv.whole ? 0 : 5 * conv.channels + 12;
    const bounds = winogradColumnSums(
      sizesOf(conv, roundings * UNIT),
      transformMagnitudes(COLUMN_TRANSFORMS),
    );
    return pooledWithin(winogradColumnSums(conv), bounds, conv);
  },
});

Deno.test("both of Winograd's methods give the sums of the direct convolution", () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const conv = drawConv(shape, LANE_IMAGES), { weights, filters, channels } = conv;
      const direct = convolve(conv);
      const both = twins.transformFilters(weights, filters, channels);
      assertLess(maxDifference(winogradSums({ ...conv, transformed: both }), direct), 1e-11);
      const down = twins.transformFilterColumns(weights, filters, channels);
      assertLess(maxDifference(winogradColumnSums({ ...conv, transformed: down }), direct), 1e-11);
    }),
    { numRuns: 10 },
  );
});
