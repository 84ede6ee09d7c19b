/**
 * The kernels of assembly/lanes.ts and `zero`. Copies are exact. A byte's normalisation is one
 * multiplication and one addition, rounded once or twice.
 */
import fc from "../../fast_check.ts";
import { LANE_IMAGES } from "../../../lib/kernels/kernel_constants.ts";
import * as twins from "../../../lib/kernels/twins/kernel_twins.ts";
import { Rng } from "../../../lib/util/rng.ts";
import { exactly, times, UNIT, within } from "./expectations.ts";
import type { Stretch } from "./kernel_harness.ts";
import { testAgainstTwin } from "./test_against_twin.ts";

const seed = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const four = (count: number) => 4 * Math.ceil(count / 4);

/** Any 32 bits: the kernels copy them whatever they mean. */
function anyBits(seed: number, length: number): Int32Array<ArrayBuffer> {
  const rng = new Rng(seed);
  return Int32Array.from({ length }, () => rng.uint32() | 0);
}

/** In eight rows the first `numbers` numbers of each. */
const rowStarts = (numbers: number, stride: number): Stretch[] =>
  Array.from({ length: LANE_IMAGES }, (_, n) => [4 * stride * n, 4 * numbers]);

const lengths = fc.record({
  length: fc.integer({ min: 1, max: 70 }),
  gap: fc.integer({ min: 0, max: 9 }),
  seed,
});

testAgainstTwin({
  kernel: "rowsToLanes",
  shapes: lengths,
  examples: [{ length: 1024, gap: 0, seed: 1 }, { length: 1, gap: 0, seed: 1 }],
  data: ({ length, gap, seed }) => ({
    ...{ length, stride: length + gap, rows: anyBits(seed, LANE_IMAGES * (length + gap)) },
  }),
  call(harness, { rows, stride, length }) {
    const at = harness.input("rows", rows);
    const room = [[0, 4 * LANE_IMAGES * four(length)]] as const;
    const lanes = harness.output("lanes", new Int32Array(LANE_IMAGES * length), room);
    harness.call((kernels) => kernels.rowsToLanes(at, 4 * stride, length, lanes.at));
    return { lanes: lanes.read() };
  },
  twin: ({ rows, stride, length }) => ({ lanes: exactly(twins.rowsToLanes(rows, stride, length)) }),
});

testAgainstTwin({
  kernel: "lanesToRows",
  shapes: lengths,
  examples: [{ length: 400, gap: 0, seed: 1 }, { length: 1, gap: 0, seed: 1 }],
  data: ({ length, gap, seed }) => ({
    ...{ length, stride: four(length) + gap, lanes: anyBits(seed, LANE_IMAGES * length) },
  }),
  call(harness, { lanes, stride, length }) {
    const at = harness.input("lanes", lanes);
    const room = rowStarts(four(length), stride);
    const rows = harness.output("rows", new Int32Array(LANE_IMAGES * stride), room);
    harness.call((kernels) => kernels.lanesToRows(at, length, rows.at, 4 * stride));
    return { rows: rows.read() };
  },
  twin: ({ lanes, stride, length }) => ({
    rows: exactly(twins.lanesToRows(lanes, length, stride)),
  }),
});

testAgainstTwin({
  kernel: "lanesToChannelLast",
  shapes: fc.record({
    channels: fc.integer({ min: 1, max: 9 }),
    positions: fc.integer({ min: 1, max: 30 }),
    gap: fc.integer({ min: 0, max: 9 }),
    seed,
  }),
  examples: [{ channels: 6, positions: 196, gap: 0, seed: 1 }],
  data: ({ channels, positions, gap, seed }) => ({
    ...{ channels, positions, stride: channels * positions + 3 + gap },
    lanes: anyBits(seed, LANE_IMAGES * channels * positions),
  }),
  call(harness, { lanes, channels, positions, stride }) {
    const at = harness.input("lanes", lanes);
    const room = rowStarts(channels * (positions - 1) + four(channels), stride);
    const rows = harness.output("rows", new Int32Array(LANE_IMAGES * stride), room);
    harness.call((kernels) =>
      kernels.lanesToChannelLast(at, channels, positions, rows.at, 4 * stride)
    );
    return { rows: rows.read() };
  },
  twin: ({ lanes, channels, positions, stride }) => ({
    rows: exactly(twins.lanesToChannelLast(lanes, channels, positions, stride)),
  }),
});

testAgainstTwin({
  kernel: "normalise",
  shapes: fc.record({
    sixteens: fc.integer({ min: 0, max: 20 }),
    mean: fc.integer({ min: 0, max: 255 }),
    std: fc.integer({ min: 1, max: 200 }),
    seed,
  }),
  examples: [{ sixteens: 16, mean: 0, std: 1, seed: 1 }],
  data({ sixteens, mean, std, seed }) {
    const rng = new Rng(seed);
    const bytes = Uint8Array.from(
      { length: 16 * sixteens },
      () => rng.pick([0, 255, rng.int(256)]),
    );
    return { bytes, scale: Math.fround(1 / std), shift: Math.fround(-mean / std) };
  },
  call(harness, { bytes, scale, shift }) {
    const at = harness.input("bytes", bytes);
    const numbers = harness.output("numbers", new Float32Array(bytes.length));
    harness.call((kernels) => kernels.normalise(at, bytes.length, scale, shift, numbers.at));
    return { numbers: numbers.read() };
  },
  twin({ bytes, scale, shift }) {
    const sizes = twins.normalise(bytes, scale, Math.abs(shift));
    return { numbers: within(twins.normalise(bytes, scale, shift), times(2 * UNIT, sizes)) };
  },
});

testAgainstTwin({
  kernel: "zero",
  shapes: fc.record({ bytes: fc.integer({ min: 0, max: 300 }), seed }),
  data: ({ bytes, seed }) => ({ bytes, before: new Uint8Array(anyBits(seed, 100).buffer) }),
  call(harness, { bytes, before }) {
    const buffer = harness.output("buffer", before, [[0, bytes]]);
    harness.call((kernels) => kernels.zero(buffer.at, bytes));
    return { cleared: buffer.read().slice(0, bytes) };
  },
  twin: ({ bytes }) => ({ cleared: exactly(twins.zero(bytes)) }),
});
