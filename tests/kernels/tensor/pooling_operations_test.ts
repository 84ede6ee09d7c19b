/** The poolings of the tensor kernels against their twins, on random shapes. */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import {
  averagePoolGradientTwin,
  averagePoolTwin,
  maxPoolGradientTwin,
  maxPoolTwin,
} from "../../../lib/kernels/tensor/twins/pooling_twin.ts";
import { assertClose, geometries, randomNumbers, withAllKernels } from "./kernel_rig.ts";

const poolings = geometries.map((geometry) => ({ ...geometry, outChannels: geometry.inChannels }));

/** Few different numbers, so that several are often equal, and some that are not finite. */
function roughNumbers(count: number, seed: number): Float32Array {
  return randomNumbers(count, seed).map((x) => {
    const rough = Math.round(3 * x);
    return Math.abs(x) > 0.97 ? NaN : x < -0.94 ? -Infinity : rough;
  });
}

Deno.test("max pooling, its argmax and gradient are their twins', NaN and ties included", async () => {
  await withAllKernels((all) => {
    fc.assert(
      fc.property(poolings, fc.nat(1000), (geometry, seed) => {
        const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth } = geometry;
        const input = roughNumbers(batchSize * inHeight * inWidth * inChannels, seed);
        const size = batchSize * outHeight * outWidth * inChannels;
        const gradient = randomNumbers(size, seed + 1);
        const [output, argmax, ofInput, alone] = all.run((bench, kernels) => {
          const at = [0, 1, 2].map((shift) => bench.room(size, shift));
          const inputGradient = bench.room(input.length), x = bench.put(input);
          kernels.maxPool({ geometry, input: x, output: at[0]!, argmax: at[1]! });
          kernels.maxPool({ geometry, input: x, output: at[2]! });
          const outputGradient = bench.put(gradient);
          kernels.maxPoolGradient({ geometry, outputGradient, input: x, inputGradient });
          return [
            bench.floats(at[0]!, size),
            bench.integers(at[1]!, size),
            bench.floats(inputGradient, input.length),
            bench.floats(at[2]!, size),
          ];
        });
        const twin = maxPoolTwin(geometry, input);
        assert.deepEqual(output, Float32Array.from(twin.output));
        assert.deepEqual(alone, Float32Array.from(twin.output));
        assert.deepEqual(argmax, twin.argmax);
        assertClose(ofInput!, maxPoolGradientTwin(geometry, gradient, input), 25);
      }),
      { numRuns: 300 },
    );
  });
});

Deno.test("average pooling and its gradient are their twins'", async () => {
  await withAllKernels((all) => {
    fc.assert(
      fc.property(poolings, fc.nat(1000), (geometry, seed) => {
        const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth } = geometry;
        const input = randomNumbers(batchSize * inHeight * inWidth * inChannels, seed);
        const size = batchSize * outHeight * outWidth * inChannels;
        const gradient = randomNumbers(size, seed + 1);
        const [mean, ofInput] = all.run((bench, kernels) => {
          const output = bench.room(size, 1), inputGradient = bench.room(input.length, 2);
          kernels.averagePool({ geometry, input: bench.put(input), output });
          const outputGradient = bench.put(gradient);
          kernels.averagePoolGradient({ geometry, outputGradient, inputGradient });
          return [bench.floats(output, size), bench.floats(inputGradient, input.length)];
        });
        assertClose(mean!, averagePoolTwin(geometry, input), 25);
        assertClose(ofInput!, averagePoolGradientTwin(geometry, gradient), 25);
      }),
      { numRuns: 300 },
    );
  });
});
