/** The convolutions of the tensor kernels against their twins, on random shapes. */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import {
  conv2dFilterGradientTwin,
  conv2dInputGradientTwin,
  conv2dTwin,
} from "../../../lib/kernels/tensor/twins/convolution_twin.ts";
import { activate } from "../../../lib/kernels/tensor/twins/network_twin.ts";
import type { FusedActivation, Geometry } from "../../../lib/kernels/tensor/tensor_operations.ts";
import { assertClose, geometries, randomNumbers, withAllKernels } from "./kernel_rig.ts";

const activations: readonly FusedActivation[] = [
  ...["linear", "relu", "relu6", "elu", "leakyrelu", "sigmoid", "tanh"] as const,
];

/** Random input, filter, bias and output gradient for a geometry. */
function numbersFor(geometry: Geometry, seed: number) {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = geometry;
  const taps = geometry.filterHeight * geometry.filterWidth * inChannels;
  return {
    input: randomNumbers(batchSize * inHeight * inWidth * inChannels, seed),
    filter: randomNumbers(taps * outChannels, seed + 1),
    bias: randomNumbers(outChannels, seed + 2),
    gradient: randomNumbers(batchSize * outHeight * outWidth * outChannels, seed + 3),
    taps,
  };
}

Deno.test("conv2d with bias and activation is its twin's, with the same bits everywhere", async () => {
  await withAllKernels((all) => {
    fc.assert(
      fc.property(
        geometries,
        fc.nat(1000),
        fc.constantFrom(...activations),
        fc.boolean(),
        (geometry, seed, activation, hasBias) => {
          const { input, filter, bias, gradient, taps } = numbersFor(geometry, seed);
          const [output] = all.run((bench, kernels) => {
            const at = bench.room(gradient.length, seed % 4);
            kernels.conv2d({
              ...{ geometry, activation, alpha: 0.3 },
              ...{ input: bench.put(input), filter: bench.put(filter), output: at },
              ...(hasBias ? { bias: bench.put(bias, 1) } : {}),
            });
            return [bench.floats(at, gradient.length)];
          });
          const sums = conv2dTwin(geometry, input, filter, hasBias ? bias : undefined);
          assertClose(output!, sums.map((x) => activate(activation, x, 0.3)), taps);
        },
      ),
      { numRuns: 300 },
    );
  });
});

Deno.test("conv2d's two gradients are their twins', with the same bits everywhere", async () => {
  await withAllKernels((all) => {
    fc.assert(
      fc.property(geometries, fc.nat(1000), (geometry, seed) => {
        const { input, filter, gradient } = numbersFor(geometry, seed);
        const [ofFilter, ofInput] = all.run((bench, kernels) => {
          const outputGradient = bench.put(gradient, seed % 3);
          const [filterGradient, inputGradient] = [
            bench.room(filter.length),
            bench.room(input.length, 1),
          ];
          kernels.conv2dFilterGradient({
            ...{ geometry, input: bench.put(input), outputGradient, filterGradient },
          });
          kernels.conv2dInputGradient({
            ...{ geometry, outputGradient, filter: bench.put(filter), inputGradient },
          });
          return [
            bench.floats(filterGradient, filter.length),
            bench.floats(inputGradient, input.length),
          ];
        });
        const { batchSize, outHeight, outWidth, outChannels, filterHeight, filterWidth } = geometry;
        const pixels = batchSize * outHeight * outWidth;
        assertClose(ofFilter!, conv2dFilterGradientTwin(geometry, input, gradient), pixels);
        const terms = filterHeight * filterWidth * outChannels;
        assertClose(ofInput!, conv2dInputGradientTwin(geometry, gradient, filter), terms);
      }),
      { numRuns: 300 },
    );
  });
});

const same: Geometry = {
  ...{ batchSize: 2, inHeight: 4, inWidth: 5, inChannels: 3, outHeight: 4, outWidth: 5 },
  ...{ outChannels: 6, filterHeight: 3, filterWidth: 3, strideHeight: 1, strideWidth: 1 },
  ...{ dilationHeight: 1, dilationWidth: 1, padInfo: { top: 1, left: 1 } },
};

Deno.test("conv2d does not multiply what is infinite in the filter with padding", async () => {
  const { input, filter, gradient } = numbersFor(same, 1);
  filter[0] = Infinity; // the tap above and to the left, which the first row and column do not see
  await withAllKernels((all) => {
    const [output] = all.run((bench, kernels) => {
      const at = bench.room(gradient.length);
      kernels.conv2d({
        ...{ geometry: same, input: bench.put(input), filter: bench.put(filter), output: at },
      });
      return [bench.floats(at, gradient.length)];
    });
    assertClose(output!, conv2dTwin(same, input, filter), 27);
    assert.deepEqual([...output!].filter((x) => !Number.isFinite(x)).length, 2 * 3 * 4);
  });
});

Deno.test("conv2d and its gradients hand NaN on to where it belongs and nowhere else", async () => {
  const { input, filter, gradient } = numbersFor(same, 2);
  input[7] = NaN;
  gradient[11] = NaN;
  await withAllKernels((all) => {
    const [output, ofFilter, ofInput] = all.run((bench, kernels) => {
      const to = [gradient, filter, input].map((numbers) => bench.room(numbers.length));
      const [output = 0, filterGradient = 0, inputGradient = 0] = to;
      const [x, w, outputGradient] = [bench.put(input), bench.put(filter), bench.put(gradient)];
      const geometry = same;
      kernels.conv2d({ geometry, input: x, filter: w, output });
      kernels.conv2dFilterGradient({ geometry, input: x, outputGradient, filterGradient });
      kernels.conv2dInputGradient({ geometry, outputGradient, filter: w, inputGradient });
      return [
        bench.floats(output, gradient.length),
        bench.floats(filterGradient, filter.length),
        bench.floats(inputGradient, input.length),
      ];
    });
    assertClose(output!, conv2dTwin(same, input, filter), 27);
    assertClose(ofFilter!, conv2dFilterGradientTwin(same, input, gradient), 40);
    assertClose(ofInput!, conv2dInputGradientTwin(same, gradient, filter), 54);
  });
});
