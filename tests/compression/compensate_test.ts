/** Rounding with error compensation, and the moments of the inputs that it needs. */
import assert from "node:assert/strict";
import { assertAlmostEquals, assertLess } from "../assert.ts";
import { quantizeCompensated } from "../../lib/compression/quantization/compensate.ts";
import { type InputMoments, MomentSums } from "../../lib/compression/quantization/input_moments.ts";
import { dequantize, quantizeWeights } from "../../lib/compression/quantization/quantize.ts";
import { calibrate } from "../../lib/compression/quantization/calibrate.ts";
import { quantizeModel } from "../../lib/compression/quantization/quantized_model.ts";
import { applyMasks, magnitudeMasks } from "../../lib/compression/masks.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { weightArray } from "../../lib/model/weights.ts";
import { Rng } from "../../lib/util/rng.ts";
import { asBatches, randomBatch } from "../systems/helpers.ts";

const length = 12;

/** Inputs that vary together, as neighbouring pixels do, around a mean that is not zero. */
function inputs(count: number): Float64Array[] {
  const rng = new Rng(2);
  return Array.from({ length: count }, () => {
    let x = rng.normal();
    return Float64Array.from({ length }, () => (x = 0.9 * x + 0.3 * rng.normal()) + 0.5);
  });
}

function momentsOf(samples: readonly Float64Array[]): InputMoments {
  const sums = new MomentSums(length);
  for (const sample of samples) sums.add(sample, 0, 1);
  return sums.moments();
}

function randomWeights(rows: number) {
  const rng = new Rng(8);
  return {
    shape: [rows, length],
    data: Float32Array.from({ length: rows * length }, () => rng.normal()),
  };
}

Deno.test("moments are means and covariances, with any stride", () => {
  const samples = inputs(50);
  const { mean, covariance } = momentsOf(samples);
  for (const i of [0, 5, 11]) {
    const expected = samples.reduce((sum, x) => sum + x[i]!, 0) / 50;
    assertAlmostEquals(mean[i]!, expected, 1e-12);
    for (const j of [0, 7]) {
      const product = samples.reduce((sum, x) => sum + (x[i]! - mean[i]!) * (x[j]! - mean[j]!), 0);
      assertAlmostEquals(covariance[i * length + j]!, product / 50, 1e-12);
    }
  }
  const strided = new MomentSums(2);
  strided.add([9, 1, 9, 9, 3], 1, 3);
  strided.add([9, 3, 9, 9, 9], 1, 3);
  assert.deepEqual([...strided.moments().mean], [2, 6]);
  assert.deepEqual([...strided.moments().covariance], [1, 3, 3, 9]);
});

Deno.test("compensation leaves less than half of the output error, and no shift of the mean", () => {
  const samples = inputs(2000), weights = randomWeights(6);
  const moments = momentsOf(samples);
  // few steps, so that rounding shows
  const groups = [Array.from({ length }, (_, i) => i)];
  const nearest = quantizeWeights(weights, "channel", groups);
  const compensated = quantizeCompensated(weights, "channel", groups, moments);
  const error = (back: Float32Array, shift: ArrayLike<number>) => {
    let squares = 0, sum = 0;
    for (const x of samples) {
      for (let r = 0; r < 6; r++) {
        let difference = -(shift[r] ?? 0);
        for (let i = 0; i < length; i++) {
          difference += (weights.data[r * length + i]! - back[r * length + i]!) * x[i]!;
        }
        squares += difference ** 2;
        sum += difference;
      }
    }
    return { squares: squares / samples.length, mean: sum / samples.length };
  };
  const plain = error(dequantize(nearest), []);
  const better = error(dequantize(compensated), compensated.biasShift);
  assertLess(better.squares, plain.squares / 2);
  assertAlmostEquals(better.mean, 0, 1e-6);
});

Deno.test("without covariance between the inputs, weights are rounded to the nearest number", () => {
  const weights = randomWeights(3);
  const covariance = new Float64Array(length * length);
  for (let i = 0; i < length; i++) covariance[i * length + i] = 1;
  const moments = { length, mean: new Float64Array(length), covariance };
  const { values, scales } = quantizeCompensated(weights, "channel", [], moments);
  values.forEach((q, i) => {
    const nearest = Math.round(weights.data[i]! / scales[Math.floor(i / length)]!);
    assert.deepEqual(q + 0, Math.max(-127, Math.min(127, nearest)) + 0);
  });
});

Deno.test("inputs that never vary and per-tensor scales are possible", () => {
  const moments = momentsOf([new Float64Array(length).fill(1)]);
  const { scales, values } = quantizeCompensated(randomWeights(4), "tensor", [], moments);
  assert.deepEqual(new Set(scales).size, 1);
  assert(values.every((q) => Math.abs(q) <= 127));
});

Deno.test("weights that were pruned stay zero if that is asked for", async () => {
  const network = lenet5(5), drawn = initialWeights(network, "lecun", 1);
  const weights = applyMasks(drawn, magnitudeMasks(network, drawn, { conv: 0.5, dense: 0.5 }));
  const calibration = await calibrate(network, weights, asBatches(randomBatch(network, 5, 20)));
  const moved = (keepZeros: boolean) =>
    quantizeModel(network, weights, { mean: 0, std: 1 }, "channel", { ...calibration, keepZeros })
      .layers.reduce((sum, { name, weight: { values } }) => {
        const { data } = weightArray(weights, `${name}.weight`);
        return sum + values.filter((q, i) => q !== 0 && data[i] === 0).length;
      }, 0);
  assertLess(100, moved(false)); // what is to be kept from happening does happen
  assert.equal(moved(true), 0);
});
