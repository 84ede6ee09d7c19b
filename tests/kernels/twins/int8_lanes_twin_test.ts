/**
 * The kernels of assembly/int8_lanes.ts. Copies are exact. What is computed in float32 is rounded
 * once at each step in kernel and twin, without fused operations, so it is exact too.
 */
import fc from "../../fast_check.ts";
import { LANE_IMAGES, LANE_ROW } from "../../../lib/kernels/kernel_constants.ts";
import { Requantization } from "../../../lib/kernels/kernel_interface.ts";
import * as twins from "../../../lib/kernels/twins/kernel_twins.ts";
import { Rng } from "../../../lib/util/rng.ts";
import { exactly } from "./expectations.ts";
import { testAgainstTwin } from "./test_against_twin.ts";

const seed = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const step = fc.constantFrom(1, 2, 4);

function drawBytes(seed: number, length: number): Uint8Array<ArrayBuffer> {
  const rng = new Rng(seed);
  return Uint8Array.from({ length }, () => rng.pick([0, 255, 128, rng.int(256)]));
}

/** Sums of all sizes, the largest and the smallest that there are among them. */
function drawSums(seed: number, length: number): Int32Array<ArrayBuffer> {
  const rng = new Rng(seed), ends = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 24 + 1];
  const sum = () => rng.int(8) === 0 ? rng.pick(ends) : Math.round(rng.normal() * 3e4);
  return Int32Array.from({ length }, sum);
}

testAgainstTwin({
  kernel: "bytesToInt8x4",
  shapes: fc.record({
    length: fc.integer({ min: 1, max: 120 }),
    gap: fc.integer({ min: 0, max: 9 }),
    step,
    seed,
  }),
  data: ({ length, gap, step, seed }) => ({
    ...{ length, stride: length + gap, step },
    // behind the last image stands what the last packed numbers take in
    images: drawBytes(seed, LANE_IMAGES * (length + gap) + 32),
  }),
  call(harness, { images, stride, length, step }) {
    const at = harness.input("images", images);
    const count = 16 * Math.ceil(length / 16) / step;
    const packed = harness.output("packed", new Uint8Array(LANE_ROW * count));
    harness.call((kernels) => kernels.bytesToInt8x4(at, stride, length, step, packed.at));
    return { packed: packed.read() };
  },
  twin: ({ images, stride, length, step }) => ({
    packed: exactly(twins.bytesToInt8x4(images, stride, length, step)),
  }),
});

testAgainstTwin({
  kernel: "columnInt8x4",
  shapes: fc.record({
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    seed,
  }),
  data: ({ height, width, seed }) => ({
    ...{ height, width, from: drawBytes(seed, LANE_ROW * (height + 3) * width) },
  }),
  call(harness, { from, height, width }) {
    const at = harness.input("from", from), before = LANE_ROW * 3 * width;
    const to = harness.output("to", new Uint8Array(before + LANE_ROW * height * width));
    harness.call((kernels) => kernels.columnInt8x4(at, height, width, to.at + before));
    return { to: to.read().slice(before) };
  },
  twin: ({ from, height, width }) => ({ to: exactly(twins.columnInt8x4(from, height, width)) }),
});

/** Curves as lib/compression has them for tanh, sigmoid and ReLU, with outputs of 1/127. */
const curves = [
  [126.99, 13.22, 0.0928, 0.4372, 0.01338, -4.25, 4.25, 0],
  [31.75, 0.8266, 0.00145, 0.1093, 0.000836, -8.5, 8.5, 63.5],
  [127, 0, 0, 0, 0, 0, 1.003, 0],
];

testAgainstTwin({
  kernel: "requantize",
  shapes: fc.record({
    channels: fc.integer({ min: 1, max: 7 }),
    positions: fc.integer({ min: 1, max: 7 }),
    channelLast: fc.boolean(),
    curve: fc.constantFrom(...curves),
    seed,
  }),
  data({ channels, positions, channelLast, curve, seed }) {
    const rng = new Rng(seed);
    const [toChannel, toPosition] = channelLast ? [1, channels] : [positions, 1];
    return {
      ...{ channels, positions, toChannel, toPosition, curve: Float32Array.from(curve) },
      sums: drawSums(seed, LANE_IMAGES * channels * positions),
      multipliers: Float32Array.from({ length: channels }, () => 10 ** rng.uniform(-6, -3)),
    };
  },
  call(harness, { channels, positions, toChannel, toPosition, ...arrays }) {
    const sums = harness.input("sums", arrays.sums);
    const multipliers = harness.input("multipliers", arrays.multipliers);
    const curve = harness.input("curve", arrays.curve);
    const to = harness.output("bytes", new Int32Array(arrays.sums.length).fill(-1));
    const layer = harness.descriptor(Requantization, {
      ...{ channels, positions, multipliers, curve },
      ...{ toChannel: LANE_ROW * toChannel, toPosition: LANE_ROW * toPosition },
    });
    harness.call((kernels) => kernels.requantize(layer, sums, to.at));
    return { bytes: to.read() };
  },
  twin: (of) => ({ bytes: exactly(twins.requantize(of)) }),
});

testAgainstTwin({
  kernel: "packInt8x4",
  shapes: fc.record({ count: fc.integer({ min: 1, max: 40 }), step, seed }),
  data: ({ count, step, seed }) => ({
    ...{ count, step, bytes: Int32Array.from(drawBytes(seed, LANE_IMAGES * (step * count + 3))) },
  }),
  call(harness, { bytes, count, step }) {
    const at = harness.input("bytes", bytes);
    const packed = harness.output("packed", new Uint8Array(LANE_ROW * count));
    harness.call((kernels) => kernels.packInt8x4(at, count, step, packed.at));
    return { packed: packed.read() };
  },
  twin: ({ bytes, count, step }) => ({ packed: exactly(twins.packInt8x4(bytes, count, step)) }),
});

testAgainstTwin({
  kernel: "scaleSums",
  shapes: fc.record({ units: fc.integer({ min: 1, max: 60 }), seed }),
  data({ units, seed }) {
    const rng = new Rng(seed);
    return {
      sums: drawSums(seed, LANE_IMAGES * units),
      multipliers: Float32Array.from({ length: units }, () => 10 ** rng.uniform(-6, -3)),
    };
  },
  call(harness, { sums, multipliers }) {
    const at = harness.input("sums", sums);
    const layer = harness.descriptor(Requantization, {
      channels: multipliers.length,
      multipliers: harness.input("multipliers", multipliers),
    });
    const logits = harness.output("logits", new Float32Array(sums.length));
    harness.call((kernels) => kernels.scaleSums(layer, at, logits.at));
    return { logits: logits.read() };
  },
  twin: ({ sums, multipliers }) => ({ logits: exactly(twins.scaleSums(sums, multipliers)) }),
});

testAgainstTwin({
  kernel: "requantizeUnits",
  shapes: fc.record({
    units: fc.integer({ min: 1, max: 30 }),
    curve: fc.constantFrom(...curves),
    seed,
  }),
  data({ units, curve, seed }) {
    const rng = new Rng(seed);
    return {
      curve: Float32Array.from(curve),
      sums: drawSums(seed, units),
      multipliers: Float32Array.from({ length: units }, () => 10 ** rng.uniform(-6, -3)),
    };
  },
  call(harness, arrays) {
    const sums = harness.input("sums", arrays.sums);
    const multipliers = harness.input("multipliers", arrays.multipliers);
    const curve = harness.input("curve", arrays.curve);
    const { length } = arrays.sums;
    const to = harness.output("bytes", new Uint8Array(4 * Math.ceil(length / 4)));
    const layer = harness.descriptor(Requantization, { channels: length, multipliers, curve });
    harness.call((kernels) => kernels.requantizeUnits(layer, sums, to.at));
    return { bytes: to.read().slice(0, length) };
  },
  twin: ({ sums, multipliers, curve }) => ({
    bytes: exactly(twins.requantizeUnits(sums, multipliers, curve)),
  }),
});

testAgainstTwin({
  kernel: "stripsToBytes",
  shapes: fc.record({
    channels: fc.integer({ min: 1, max: 7 }),
    each: fc.integer({ min: 1, max: 9 }),
    windows: fc.integer({ min: 1, max: 40 }),
    channelLast: fc.boolean(),
    seed,
  }).filter(({ each, windows }) => windows <= LANE_IMAGES * each),
  data: ({ channels, each, windows, channelLast, seed }) => ({
    ...{ channels, each, windows },
    ...(channelLast ? { toChannel: 1, toWindow: channels } : { toChannel: windows, toWindow: 1 }),
    lanes: Int32Array.from(drawBytes(seed, LANE_IMAGES * channels * each)),
  }),
  call(harness, { channels, each, windows, toChannel, toWindow, ...arrays }) {
    const lanes = harness.input("lanes", arrays.lanes);
    const to = harness.output("bytes", new Uint8Array(channels * windows));
    harness.call((kernels) =>
      kernels.stripsToBytes(lanes, channels, each, windows, to.at, toChannel, toWindow)
    );
    return { bytes: to.read() };
  },
  twin: (of) => ({ bytes: exactly(twins.stripsToBytes(of)) }),
});
