/**
 * The kernels of assembly/optimizer.ts. Shards are added in float32 in kernel and twin, in the same
 * order. What follows are a few operations that are each rounded once: the new numbers may be off
 * by as many times 2⁻²⁴ times the terms' magnitudes. For Adam, the error of m grows by as much as m
 * is divided by.
 */
import fc from "../../fast_check.ts";
import { AdamStep, ParameterShare } from "../../../lib/kernels/kernel_interface.ts";
import * as twins from "../../../lib/kernels/twins/kernel_twins.ts";
import { Rng } from "../../../lib/util/rng.ts";
import { UNIT, within } from "./expectations.ts";
import type { KernelHarness } from "./kernel_harness.ts";
import { testAgainstTwin } from "./test_against_twin.ts";

const shapes = fc.record({
  fours: fc.integer({ min: 0, max: 30 }),
  shards: fc.integer({ min: 1, max: 4 }),
  gap: fc.integer({ min: 0, max: 5 }),
  t: fc.integer({ min: 1, max: 1000 }),
  withDecay: fc.boolean(),
  /** Whether running means start from zero and gradients too. */
  atRest: fc.boolean(),
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
});
type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

/** Parameters, running means and shards of gradients, `stride` numbers apart in one array. */
function draw({ fours, shards, gap, t, withDecay, atRest, seed }: Shape) {
  const rng = new Rng(seed), count = 4 * fours, stride = count + gap, f = Math.fround;
  const numbers = (length: number) => Float32Array.from({ length }, () => rng.normal());
  const means = (length: number) => atRest ? new Float32Array(length) : numbers(length);
  const gradients = means(shards * stride);
  return {
    ...{ count, stride, gradients, w: numbers(count), m: means(count) },
    v: means(count).map((v) => v * v),
    shards: Array.from(
      { length: shards },
      (_, s) => gradients.subarray(s * stride, s * stride + count),
    ),
    step: {
      ...{ beta1: f(0.9), beta2: f(0.999), epsilon: f(1e-8), decay: withDecay ? f(1e-4) : 0 },
      ...{ rate: f(1e-3 / (1 - 0.9 ** t)), correction: f(1 / Math.sqrt(1 - 0.999 ** t)) },
    },
  };
}

/** Puts the gradients into the memory. @returns the fields that tell how they stand there */
function shardFields(harness: KernelHarness, drawn: ReturnType<typeof draw>) {
  return {
    gradients: harness.input("gradients", drawn.gradients),
    ...{ count: drawn.count, shards: drawn.shards.length, shardBytes: 4 * drawn.stride },
  };
}

testAgainstTwin({
  kernel: "adam",
  shapes,
  data: draw,
  call(harness, drawn) {
    const w = harness.output("w", drawn.w), m = harness.output("m", drawn.m);
    const v = harness.output("v", drawn.v);
    const share = harness.descriptor(ParameterShare, {
      ...{ ...shardFields(harness, drawn), weights: w.at, firstMoment: m.at, secondMoment: v.at },
    });
    const step = harness.descriptor(AdamStep, drawn.step);
    harness.call((kernels) => kernels.adam(share, step));
    return { w: w.read(), m: m.read(), v: v.read() };
  },
  twin({ w, m, v, shards, step }) {
    // in float64, but for the sum of the shards
    const [newW, newM, newV] = [Float64Array.from(w), Float64Array.from(m), Float64Array.from(v)];
    twins.adam(newW, newM, newV, shards, step);
    const sizeM = Float64Array.from(m, Math.abs), positive = shards.map((g) => g.map(Math.abs));
    twins.adam(Float64Array.from(w), sizeM, Float64Array.from(v), positive, step);
    const mBounds = sizeM.map((size) => 3 * UNIT * size);
    return {
      m: within(newM, mBounds),
      v: within(newV, newV.map((v) => 5 * UNIT * v)),
      w: within(
        newW,
        newW.map((_, i) => {
          const divisor = Math.sqrt(newV[i]!) * step.correction + step.epsilon;
          const move = step.rate / divisor;
          return UNIT * (3 * Math.abs(w[i]!) + 9 * move * Math.abs(newM[i]!)) +
            move * mBounds[i]!;
        }),
      ),
    };
  },
});

testAgainstTwin({
  kernel: "sgd",
  shapes: fc.tuple(shapes, fc.constantFrom(0, 0.5, 0.9)),
  data: ([shape, momentum]) => ({
    ...{ ...draw(shape), momentum: Math.fround(momentum), rate: Math.fround(0.01) },
  }),
  call(harness, drawn) {
    const w = harness.output("w", drawn.w), v = harness.output("v", drawn.m);
    const share = harness.descriptor(ParameterShare, {
      ...{ ...shardFields(harness, drawn), weights: w.at, firstMoment: v.at },
    });
    harness.call((kernels) => kernels.sgd(share, drawn.rate, drawn.momentum));
    return { w: w.read(), v: v.read() };
  },
  twin({ w, m, shards, rate, momentum }) {
    const newW = Float64Array.from(w), newV = Float64Array.from(m);
    twins.sgd(newW, newV, shards, rate, momentum);
    const sizeV = Float64Array.from(m, Math.abs);
    twins.sgd(
      Float64Array.from(w),
      sizeV,
      shards.map((shard) => shard.map(Math.abs)),
      rate,
      momentum,
    );
    const vBounds = sizeV.map((size) => 3 * UNIT * size);
    return {
      v: within(newV, vBounds),
      w: within(
        newW,
        newW.map((_, i) => 3 * UNIT * (Math.abs(w[i]!) + rate * sizeV[i]!) + rate * vBounds[i]!),
      ),
    };
  },
});
