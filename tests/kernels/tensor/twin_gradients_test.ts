/** The twins' gradients against finite differences, in double precision. */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import {
  conv2dFilterGradientTwin,
  conv2dInputGradientTwin,
  conv2dTwin,
} from "../../../lib/kernels/tensor/twins/convolution_twin.ts";
import {
  activate,
  crossEntropyTwin,
  derivative,
} from "../../../lib/kernels/tensor/twins/network_twin.ts";
import {
  maxPoolGradientTwin,
  maxPoolTwin,
} from "../../../lib/kernels/tensor/twins/pooling_twin.ts";
import type { ConvPoolActivation } from "../../../lib/kernels/tensor/tensor_operations.ts";
import { geometries, randomNumbers } from "./kernel_rig.ts";

const STEP = 1e-5;
const random = (count: number, seed: number) => Float64Array.from(randomNumbers(count, seed));
const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** Asserts that `gradient` is that of `value` at `x`, at a few places. */
function assertGradient(
  value: (x: Float64Array) => number,
  x: Float64Array,
  gradient: Float64Array,
): void {
  for (let i = 0; i < x.length; i += Math.ceil(x.length / 7)) {
    const [up, down] = [1, -1].map((sign) => {
      const moved = x.slice();
      moved[i]! += sign * STEP;
      return value(moved);
    }) as [number, number];
    const slope = (up - down) / (2 * STEP);
    const off = Math.abs(slope - gradient[i]!);
    assert(off < 1e-6 * (1 + Math.abs(slope)), `${gradient[i]} at ${i}, slope ${slope}`);
  }
}

Deno.test("the convolution's gradients are its slopes", () => {
  fc.assert(fc.property(geometries, fc.nat(1000), (geometry, seed) => {
    const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = geometry;
    const input = random(batchSize * inHeight * inWidth * inChannels, seed);
    const taps = geometry.filterHeight * geometry.filterWidth * inChannels;
    const filter = random(taps * outChannels, seed + 1);
    const g = random(batchSize * outHeight * outWidth * outChannels, seed + 2);
    const value = (x: Float64Array, w: Float64Array) => dot(conv2dTwin(geometry, x, w), g);
    const ofFilter = conv2dFilterGradientTwin(geometry, input, g);
    assertGradient((w) => value(input, w), filter, ofFilter);
    const ofInput = conv2dInputGradientTwin(geometry, g, filter);
    assertGradient((x) => value(x, filter), input, ofInput);
  }));
});

Deno.test("max pooling's gradient is its slope", () => {
  fc.assert(fc.property(geometries, fc.nat(1000), (drawn, seed) => {
    const geometry = { ...drawn, outChannels: drawn.inChannels };
    const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth } = geometry;
    const input = random(batchSize * inHeight * inWidth * inChannels, seed);
    const g = random(batchSize * outHeight * outWidth * inChannels, seed + 1);
    // an empty window gives −∞ whatever the input
    const value = (x: Float64Array) =>
      maxPoolTwin(geometry, x).output.reduce(
        (sum, y, i) => y > -Infinity ? sum + y * g[i]! : sum,
        0,
      );
    assertGradient(value, input, maxPoolGradientTwin(geometry, g, input));
  }));
});

Deno.test("the activations' derivatives by their results are their slopes", () => {
  for (const kind of ["linear", "relu", "sigmoid", "tanh"] satisfies ConvPoolActivation[]) {
    const x = random(20, 3).map((x) => 3 * x);
    const gradient = x.map((x) => derivative(kind, activate(kind, x)));
    assertGradient((x) => x.reduce((sum, x) => sum + activate(kind, x), 0), x, gradient);
  }
});

Deno.test("the cross-entropy's gradient is its slope", () => {
  const logits = random(3 * 7, 1).map((x) => 4 * x), labels = [2, 0, 6];
  for (const smoothing of [0, 0.1]) {
    const value = (x: Float64Array) =>
      0.5 *
      crossEntropyTwin(x, labels, 7, 0.5, smoothing).loss.reduce((sum, loss) => sum + loss, 0);
    assertGradient(value, logits, crossEntropyTwin(logits, labels, 7, 0.5, smoothing).gradient);
  }
});
