/**
 * The kernels of assembly/conv.ts and assembly/single.ts that convolve. With whole numbers every
 * sum is exact, so outputs and argmax are too, ties included. With others a sum of n terms is
 * rounded at most n + 1 times: it may be off by (n + 1) · 2⁻²⁴ times the sum of the terms'
 * magnitudes.
 */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import { LANE_IMAGES, SINGLE_FILTERS } from "../../../lib/kernels/kernel_constants.ts";
import { ConvLayer } from "../../../lib/kernels/kernel_interface.ts";
import { convolve, pooledSize } from "../../../lib/kernels/twins/conv_twin.ts";
import * as twins from "../../../lib/kernels/twins/kernel_twins.ts";
import { convShapes, drawConv, type DrawnConv, pooledOutputs, pooledWithin } from "./conv_cases.ts";
import { drawNumbers, exactly, magnitudes, times, UNIT, values, within } from "./expectations.ts";
import { builds, type KernelHarness, openHarness } from "./kernel_harness.ts";
import { testAgainstTwin } from "./test_against_twin.ts";

const shapes = convShapes({ channels: 4, outWidth: 4 }, fc.integer({ min: 1, max: 6 }));
const [whole, real] = [{ seed: 1, whole: true }, { seed: 1, whole: false }];
const lenetLike = { channels: 6, kernel: 5, outHeight: 2, outWidth: 3, odd: false };
const examples = [
  { ...lenetLike, filters: 16, values: whole },
  { ...lenetLike, filters: 15, values: real },
  { ...lenetLike, filters: 1, values: real },
];

/** How far a rounded sum may be off, by the same convolution of the magnitudes. */
function bounds(conv: DrawnConv): DrawnConv {
  const factor = conv.whole ? 0 : UNIT * (conv.channels * conv.kernel ** 2 + 2);
  return {
    ...conv,
    input: Float32Array.from(times(factor, magnitudes(conv.input))),
    weights: Float32Array.from(magnitudes(conv.weights)),
    bias: Float32Array.from(times(factor, magnitudes(conv.bias))),
  };
}

function callConvPool(harness: KernelHarness, conv: DrawnConv) {
  const { channels, height, width, filters, kernel, right, down } = conv;
  const layer = harness.descriptor(ConvLayer, {
    weights: harness.input("weights", conv.weights),
    bias: harness.input("bias", conv.bias),
    ...{ channels, height, width, filters, kernel, ...pooledSize(conv) },
    ...{ pixelBytes: right, rowBytes: down },
  });
  const input = harness.input("input", conv.input);
  const { output, argmax } = pooledOutputs(harness, conv);
  harness.call((kernels) => kernels.convPool(layer, input, output.at, argmax.at));
  const trained = { output: output.read(), argmax: argmax.read() };
  // inference does without the argmax and must find the same
  harness.call((kernels) => kernels.convPool(layer, input, output.at, 0));
  assert.deepEqual(output.read(), trained.output, "convPool with and without argmax");
  return trained;
}

testAgainstTwin({
  kernel: "convPool",
  shapes,
  examples,
  data: (shape) => drawConv(shape, LANE_IMAGES),
  call: callConvPool,
  twin: (conv) => pooledWithin(convolve(conv), convolve(bounds(conv)), conv),
});

function callConvPoolSingle(harness: KernelHarness, conv: DrawnConv) {
  const { channels, height, width, filters, kernel } = conv;
  const { outHeight, outWidth } = pooledSize(conv);
  const input = harness.input("input", conv.input);
  const packed = twins.packFilters(conv.weights, filters, channels * kernel ** 2);
  const layer = harness.descriptor(ConvLayer, {
    packed: harness.input("packed weights", Float32Array.from(packed)),
    bias: harness.input("bias", conv.bias),
    ...{ channels, height, width, filters, kernel, outHeight, outWidth },
  });
  const length = filters * outHeight * outWidth;
  const output = harness.output("output", new Float32Array(length).fill(NaN));
  harness.call((kernels) => kernels.convPoolSingle(layer, input, output.at));
  return { output: output.read() };
}

testAgainstTwin({
  kernel: "convPoolSingle",
  shapes,
  examples,
  data: (shape) => drawConv(shape, 1),
  call: callConvPoolSingle,
  twin: (conv) => ({
    output: within(twins.convPoolSingle(conv), twins.convPoolSingle(bounds(conv))),
  }),
});

for (const build of builds) {
  Deno.test(`convPoolSingle (${build}) has the bits of convPool`, async () => {
    const harness = await openHarness(build);
    fc.assert(
      fc.property(shapes, (shape) => {
        const conv = drawConv({ ...shape, values: { ...shape.values, whole: false } }, 1);
        harness.reset();
        const { output } = callConvPoolSingle(harness, conv);
        const input = Float32Array.from(
          { length: LANE_IMAGES * conv.input.length },
          (_, i) => conv.input[Math.floor(i / LANE_IMAGES)]!,
        );
        harness.reset();
        const eight = callConvPool(harness, { ...conv, input }).output;
        assert.deepEqual(
          eight,
          Float32Array.from(eight, (_, i) => output[Math.floor(i / LANE_IMAGES)]!),
        );
      }),
      { numRuns: 10 },
    );
  });
}

testAgainstTwin({
  kernel: "packFilters",
  shapes: fc.record({
    filters: fc.integer({ min: 1, max: 20 }),
    taps: fc.integer({ min: 1, max: 50 }),
    values,
  }),
  data: ({ filters, taps, values }) => ({
    ...{ filters, taps, weights: drawNumbers(values)(filters * taps) },
  }),
  call(harness, { filters, taps, weights }) {
    const at = harness.input("weights", weights);
    // the largest kernel whose taps these can be
    const kernel = [5, 4, 3, 2, 1].find((kernel) => taps % kernel ** 2 === 0)!;
    const length = SINGLE_FILTERS * Math.ceil(filters / SINGLE_FILTERS) * taps;
    const packed = harness.output("packed", new Float32Array(length));
    const layer = harness.descriptor(ConvLayer, {
      ...{ weights: at, packed: packed.at, filters, channels: taps / kernel ** 2, kernel },
    });
    harness.call((kernels) => kernels.packFilters(layer));
    return { packed: packed.read() };
  },
  twin: ({ filters, taps, weights }) => ({
    packed: exactly(twins.packFilters(weights, filters, taps)),
  }),
});
