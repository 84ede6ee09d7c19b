/** The kernels of assembly/int8.ts: whole numbers, exact. */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import {
  INT8_RECORD,
  INT8_UNITS,
  LANE_IMAGES,
  LANE_ROW,
} from "../../../lib/kernels/kernel_constants.ts";
import { Int8ConvLayer, Int8DenseLayer } from "../../../lib/kernels/kernel_interface.ts";
import * as twins from "../../../lib/kernels/twins/kernel_twins.ts";
import { Rng } from "../../../lib/util/rng.ts";
import { exactly } from "./expectations.ts";
import { builds, openHarness } from "./kernel_harness.ts";
import { testAgainstTwin } from "./test_against_twin.ts";

/** What weights of one sign that are added in 16 bits may add up to; see `sumGroups`. */
const GROUP_LIMIT = 128;
/** Other processors may take bytes above 127 as negative; then the kernels are not used. */
const ignore = Deno.build.arch !== "x86_64";

for (const build of builds) {
  Deno.test({
    name: `takesBytes (${build}) agrees with its twin`,
    ignore,
    fn: async () => {
      const answer = (await openHarness(build)).call((kernels) => kernels.takesBytes());
      assert.deepEqual(answer !== 0, twins.takesBytes(), `takesBytes (${build})`);
    },
  });
}

/** Bytes from 0 to 255, mostly the ends. */
const drawBytes = (rng: Rng, length: number) =>
  Uint8Array.from({ length }, () => rng.pick([0, 255, 255, 1, rng.int(256)]));

/** Starting sums, some as large as what they leave room for. */
const drawBias = (rng: Rng, length: number) =>
  Int32Array.from({ length }, () => rng.pick([0, 2 ** 30, -(2 ** 30), rng.int(2 ** 20)]));

/**
 * Weights of a pair of packed inputs: bytes 0 and 1 of both are added in 16 bits, and bytes 2 and
 * 3. In each such group the positive ones add up to at most 128, and so do the negative ones: often
 * to just that, with −128 alone.
 */
function drawWeights(rng: Rng, inputs: 1 | 2): Int8Array {
  const weights = new Int8Array(8);
  for (const first of [0, 2]) {
    const room = { positive: GROUP_LIMIT, negative: GROUP_LIMIT };
    for (const at of rng.shuffle([first, first + 1, first + 4, first + 5])) {
      if (at >= 4 * inputs) continue;
      const sign = rng.int(2) === 0 ? "positive" : "negative";
      const most = Math.min(room[sign], sign === "positive" ? 127 : 128);
      const size = rng.pick([most, 0, rng.int(most + 1)]);
      room[sign] -= size;
      weights[at] = sign === "positive" ? size : -size;
    }
  }
  return weights;
}

testAgainstTwin({
  kernel: "convPoolInt8",
  ignore,
  shapes: fc.record({
    filters: fc.integer({ min: 1, max: 7 }),
    pairs: fc.integer({ min: 0, max: 8 }),
    odd: fc.boolean(),
    outHeight: fc.integer({ min: 1, max: 3 }),
    outWidth: fc.integer({ min: 1, max: 3 }),
    /** Packed inputs of a pixel. */
    right: fc.integer({ min: 1, max: 3 }),
    /** Whether only the first four images matter. */
    half: fc.boolean(),
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  }),
  data({ filters, pairs, odd, outHeight, outWidth, right, half, seed }) {
    const rng = new Rng(seed), twos = Math.ceil(filters / 2), each = pairs + (odd ? 1 : 0);
    const patch = 10, down = right * 2 * outWidth;
    const length = (2 * outHeight - 1) * down + (2 * outWidth - 1) * right + patch;
    const records = new Uint8Array(twos * each * INT8_RECORD);
    const view = new DataView(records.buffer);
    for (let i = 0; i < twos * each; i++) {
      const at = i * INT8_RECORD, isSingle = i % each >= pairs;
      for (const second of [0, 1]) {
        view.setUint32(at + 4 * second, LANE_ROW * rng.int(patch), true);
      }
      for (const filter of [0, 1]) {
        const isMissing = 2 * Math.floor(i / each) + filter >= filters;
        const weights = isMissing ? new Int8Array(8) : drawWeights(rng, isSingle ? 1 : 2);
        records.set(new Uint8Array(weights.buffer), at + 8 + 8 * filter);
      }
    }
    return {
      ...{ input: drawBytes(rng, LANE_ROW * length), records, pairs, odd, half },
      ...{ right: LANE_ROW * right, down: LANE_ROW * down, outHeight, outWidth, filters },
      bias: drawBias(rng, 2 * twos),
    };
  },
  call(harness, { right, down, pairs, odd, outHeight, outWidth, filters, half, ...arrays }) {
    const input = harness.input("input", arrays.input);
    const records = harness.input("records", arrays.records);
    const bias = harness.input("bias", arrays.bias);
    // filters are computed in pairs
    const length = arrays.bias.length * outHeight * outWidth * LANE_IMAGES;
    const output = harness.output("output", new Int32Array(length));
    const layer = harness.descriptor(Int8ConvLayer, {
      ...{ records, pairs, odd: odd ? 1 : 0, bias, right, down, filters, outHeight, outWidth },
    });
    const used = half ? LANE_ROW / 2 : LANE_ROW;
    harness.call((kernels) => kernels.convPoolInt8(layer, input, output.at, used));
    return { output: output.read().slice(0, filters * outHeight * outWidth * LANE_IMAGES) };
  },
  twin: (of) => ({ output: exactly(usedLanes(twins.convPoolInt8(of), of.half)) }),
});

/** NaN for the images that do not matter. */
const usedLanes = (lanes: Int32Array, half: boolean) =>
  Float64Array.from(lanes, (sum, i) => half && i % LANE_IMAGES >= LANE_IMAGES / 2 ? NaN : sum);

testAgainstTwin({
  kernel: "denseInt8",
  ignore,
  shapes: fc.record({
    tiles: fc.integer({ min: 0, max: 4 }),
    pairs: fc.integer({ min: 0, max: 20 }),
    half: fc.boolean(),
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  }),
  data({ tiles, pairs, half, seed }) {
    const rng = new Rng(seed), units = INT8_UNITS * tiles;
    const weights = new Int8Array(units * pairs * 8);
    for (let i = 0; i < units * pairs; i++) weights.set(drawWeights(rng, 2), 8 * i);
    return {
      ...{ input: drawBytes(rng, 2 * pairs * LANE_ROW), pairs, weights, units, half },
      bias: drawBias(rng, units),
    };
  },
  call(harness, { pairs, units, half, ...arrays }) {
    const input = harness.input("input", arrays.input);
    const weights = harness.input("weights", arrays.weights);
    const bias = harness.input("bias", arrays.bias);
    const output = harness.output("output", new Int32Array(units * LANE_IMAGES));
    const used = half ? LANE_ROW / 2 : LANE_ROW;
    const layer = harness.descriptor(Int8DenseLayer, { weights, pairs, bias, units });
    harness.call((kernels) => kernels.denseInt8(layer, input, output.at, used));
    return { output: output.read() };
  },
  twin: (of) => ({ output: exactly(usedLanes(twins.denseInt8(of), of.half)) }),
});

testAgainstTwin({
  kernel: "denseInt8Single",
  ignore,
  shapes: fc.record({
    tiles: fc.integer({ min: 0, max: 4 }),
    pairs: fc.integer({ min: 0, max: 20 }),
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  }),
  data({ tiles, pairs, seed }) {
    const rng = new Rng(seed), units = INT8_UNITS * tiles;
    const weights = new Int8Array(units * pairs * 8);
    for (let i = 0; i < units * pairs; i++) weights.set(drawWeights(rng, 2), 8 * i);
    const input = drawBytes(rng, 8 * pairs);
    return { input, pairs, weights, units, bias: drawBias(rng, units) };
  },
  call(harness, { pairs, units, ...arrays }) {
    const input = harness.input("input", arrays.input);
    const weights = harness.input("weights", arrays.weights);
    const bias = harness.input("bias", arrays.bias);
    const output = harness.output("output", new Int32Array(units));
    const layer = harness.descriptor(Int8DenseLayer, { weights, pairs, bias, units });
    harness.call((kernels) => kernels.denseInt8Single(layer, input, output.at));
    return { output: output.read() };
  },
  twin: (of) => ({ output: exactly(twins.denseInt8Single(of)) }),
});
