/**
 * The kernels of assembly/int8_lanes.ts. Copies are exact. What is computed in float32 is rounded once at each
 * step in kernel and twin, without fused operations, so it is exact too.
 */
import fc from "fast-check";
import * as twins from "../../../lib/kernels/twins/kernel_twins.ts";
import { Rng } from "../../../lib/util/rng.ts";
import { exactly } from "./expectations.ts";
import { testAgainstTwin } from "./test_against_twin.ts";

const LANES = 8, QUADS = 4 * LANES;
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
  kernel: "bytesToQuads",
  shapes: fc.record({
    length: fc.integer({ min: 1, max: 120 }),
    gap: fc.integer({ min: 0, max: 9 }),
    step,
    seed,
  }),
  data: ({ length, gap, step, seed }) => ({
    ...{ length, stride: length + gap, step },
    // behind the last image stands what the last quads take in
    images: drawBytes(seed, LANES * (length + gap) + 32),
  }),
  call(harness, { images, stride, length, step }) {
    const at = harness.input("images", images);
    const count = 16 * Math.ceil(length / 16) / step;
    const quads = harness.output("quads", new Uint8Array(QUADS * count));
    harness.call((kernels) => kernels.bytesToQuads(at, stride, length, step, quads.at));
    return { quads: quads.read() };
  },
  twin: ({ images, stride, length, step }) => ({
    quads: exactly(twins.bytesToQuads(images, stride, length, step)),
  }),
});

testAgainstTwin({
  kernel: "columnQuads",
  shapes: fc.record({
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    seed,
  }),
  data: ({ height, width, seed }) => ({
    ...{ height, width, from: drawBytes(seed, QUADS * (height + 3) * width) },
  }),
  call(harness, { from, height, width }) {
    const at = harness.input("from", from), before = QUADS * 3 * width;
    const to = harness.output("to", new Uint8Array(before + QUADS * height * width));
    harness.call((kernels) => kernels.columnQuads(at, height, width, to.at + before));
    return { to: to.read().slice(before) };
  },
  twin: ({ from, height, width }) => ({ to: exactly(twins.columnQuads(from, height, width)) }),
});

/** Curves as lib/compression has them for tanh, the logistic function and ReLU, with outputs of 1/127. */
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
      sums: drawSums(seed, LANES * channels * positions),
      multipliers: Float32Array.from({ length: channels }, () => 10 ** rng.uniform(-6, -3)),
    };
  },
  call(harness, { channels, positions, toChannel, toPosition, ...arrays }) {
    const sums = harness.input("sums", arrays.sums);
    const multipliers = harness.input("multipliers", arrays.multipliers);
    const curve = harness.input("curve", arrays.curve);
    const to = harness.output("bytes", new Int32Array(arrays.sums.length).fill(-1));
    harness.call((kernels) =>
      kernels.requantize(
        ...[sums, channels, positions, multipliers, curve, to.at] as const,
        ...[QUADS * toChannel, QUADS * toPosition] as const,
      )
    );
    return { bytes: to.read() };
  },
  twin: (of) => ({ bytes: exactly(twins.requantize(of)) }),
});

testAgainstTwin({
  kernel: "packQuads",
  shapes: fc.record({ count: fc.integer({ min: 1, max: 40 }), step, seed }),
  data: ({ count, step, seed }) => ({
    ...{ count, step, bytes: Int32Array.from(drawBytes(seed, LANES * (step * count + 3))) },
  }),
  call(harness, { bytes, count, step }) {
    const at = harness.input("bytes", bytes);
    const quads = harness.output("quads", new Uint8Array(QUADS * count));
    harness.call((kernels) => kernels.packQuads(at, count, step, quads.at));
    return { quads: quads.read() };
  },
  twin: ({ bytes, count, step }) => ({ quads: exactly(twins.packQuads(bytes, count, step)) }),
});

testAgainstTwin({
  kernel: "scaleSums",
  shapes: fc.record({ units: fc.integer({ min: 1, max: 60 }), seed }),
  data({ units, seed }) {
    const rng = new Rng(seed);
    return {
      sums: drawSums(seed, LANES * units),
      multipliers: Float32Array.from({ length: units }, () => 10 ** rng.uniform(-6, -3)),
    };
  },
  call(harness, { sums, multipliers }) {
    const at = harness.input("sums", sums),
      multiplierAt = harness.input("multipliers", multipliers);
    const logits = harness.output("logits", new Float32Array(sums.length));
    harness.call((kernels) => kernels.scaleSums(at, multipliers.length, multiplierAt, logits.at));
    return { logits: logits.read() };
  },
  twin: ({ sums, multipliers }) => ({ logits: exactly(twins.scaleSums(sums, multipliers)) }),
});
