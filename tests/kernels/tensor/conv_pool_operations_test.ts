/** Convolution, pooling and activation in one, against their twin and against the separate operations. */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import { assertThrows } from "../../assert.ts";
import {
  convolutionOf,
  convPoolGradientTwin,
  positionOf,
  windowSumsTwin,
} from "../../../lib/kernels/tensor/twins/conv_pool_twin.ts";
import { takesConvPool } from "../../../lib/kernels/tensor/conv_pool_operations.ts";
import { activate, derivative } from "../../../lib/kernels/tensor/twins/network_twin.ts";
import type {
  ConvPoolActivation,
  ConvPoolShape,
} from "../../../lib/kernels/tensor/tensor_operations.ts";
import { assertClose, randomNumbers, withAllKernels } from "./kernel_rig.ts";

const shapes: fc.Arbitrary<ConvPoolShape> = fc.record({
  batchSize: fc.integer({ min: 0, max: 20 }),
  inChannels: fc.integer({ min: 1, max: 6 }),
  outChannels: fc.integer({ min: 1, max: 9 }),
  kernel: fc.oneof(fc.constant(5), fc.integer({ min: 1, max: 7 })),
  height: fc.integer({ min: 1, max: 5 }),
  width: fc.integer({ min: 1, max: 6 }),
}).map(({ height, width, ...rest }) => ({
  ...rest,
  inHeight: 2 * height + rest.kernel - 1,
  inWidth: 2 * width + rest.kernel - 1,
})).filter(takesConvPool);
const activations = fc.constantFrom<ConvPoolActivation>("linear", "relu", "sigmoid", "tanh");

function numbersFor(shape: ConvPoolShape, seed: number) {
  const { batchSize, inHeight, inWidth, inChannels, outChannels, kernel } = shape;
  const size = (inHeight - kernel + 1) * (inWidth - kernel + 1) / 4;
  return {
    input: randomNumbers(batchSize * inHeight * inWidth * inChannels, seed),
    filter: randomNumbers(kernel * kernel * inChannels * outChannels, seed + 1),
    bias: randomNumbers(outChannels, seed + 2),
    gradient: randomNumbers(batchSize * size * outChannels, seed + 3),
  };
}

Deno.test("convPool and its gradient are their twin's, with the same bits everywhere", async () => {
  await withAllKernels((all) => {
    fc.assert(
      fc.property(shapes, activations, fc.nat(1000), (shape, activation, seed) => {
        const { input, filter, bias, gradient } = numbersFor(shape, seed);
        const [output, argmax, alone, ofFilter, ofBias, ofInput, ofFilterAlone] = all.run(
          (bench, kernels) => {
            const x = bench.put(input, 1), w = bench.put(filter, 2), b = bench.put(bias, 3);
            const [y, argmax, alone] = [1, 0, 2].map((shift) =>
              bench.room(gradient.length, shift)
            ) as [number, number, number];
            const forward = { shape, activation, input: x, filter: w, bias: b };
            kernels.convPool({ ...forward, output: y, argmax });
            kernels.convPool({ ...forward, output: alone });
            const to = [filter.length, bias.length, input.length, filter.length, bias.length]
              .map((count) => bench.room(count, 1));
            const [filterGradient = 0, biasGradient = 0, inputGradient = 0] = to;
            const back = {
              ...{ shape, activation, input: x, filter: w, output: y, argmax },
              outputGradient: bench.put(gradient, 3),
            };
            kernels.convPoolGradient({ ...back, filterGradient, biasGradient, inputGradient });
            kernels.convPoolGradient({ ...back, filterGradient: to[3]!, biasGradient: to[4]! });
            return [
              bench.floats(y, gradient.length),
              bench.integers(argmax, gradient.length),
              bench.floats(alone, gradient.length),
              bench.floats(filterGradient, filter.length),
              bench.floats(biasGradient, bias.length),
              bench.floats(inputGradient, input.length),
              bench.floats(to[3]!, filter.length),
            ];
          },
        );
        const sums = windowSumsTwin(shape, input, filter, bias);
        const terms = shape.kernel ** 2 * shape.inChannels;
        const largest = sums.map((four) => activate(activation, Math.max(...four)));
        // Winograd's rounding is about four times that of plain sums
        assertClose(output!, largest, 6 * terms, "output");
        assertClose(alone!, largest, terms, "output without argmax");
        const at = Float64Array.from(sums, (four, o) => {
          const position = positionOf(shape, o, argmax![o]!);
          assert(position >= 0, `argmax ${argmax![o]} is no place of window ${o}`);
          return activate(activation, four[position]!);
        });
        assertClose(at, largest, 8 * terms, "argmax");
        const g = Float64Array.from(gradient, (g, i) => g * derivative(activation, output![i]!));
        const twin = convPoolGradientTwin(shape, input, filter, argmax!, g);
        assertClose(ofFilter!, twin.filter, gradient.length / shape.outChannels, "filter");
        assertClose(ofBias!, twin.bias, gradient.length / shape.outChannels, "bias");
        assertClose(ofInput!, twin.input, terms * shape.outChannels, "input");
        assert.deepEqual(ofFilterAlone, ofFilter);
      }),
      { numRuns: 200 },
    );
  });
});

Deno.test("convPool on LeNet-5's shapes agrees with the separate operations", async () => {
  const layers: readonly ConvPoolShape[] = [
    { batchSize: 33, inHeight: 32, inWidth: 32, inChannels: 1, outChannels: 6, kernel: 5 },
    { batchSize: 33, inHeight: 14, inWidth: 14, inChannels: 6, outChannels: 16, kernel: 5 },
  ];
  await withAllKernels((all) => {
    for (const shape of layers) {
      const { input, filter, bias, gradient } = numbersFor(shape, 7);
      const [together, apart] = all.run((bench, kernels) => {
        const [x, w, b] = [bench.put(input), bench.put(filter), bench.put(bias)];
        const [together, apart] = [bench.room(gradient.length), bench.room(gradient.length)];
        const argmax = bench.room(gradient.length), sums = bench.room(4 * gradient.length);
        const forward = { input: x, filter: w, bias: b };
        kernels.convPool({ shape, activation: "tanh", ...forward, output: together, argmax });
        const geometry = convolutionOf(shape);
        kernels.conv2d({ geometry, activation: "tanh", ...forward, output: sums });
        kernels.maxPool({
          geometry: {
            ...geometry,
            ...{
              inHeight: geometry.outHeight,
              inWidth: geometry.outWidth,
              inChannels: shape.outChannels,
            },
            ...{ outHeight: geometry.outHeight / 2, outWidth: geometry.outWidth / 2 },
            ...{ filterHeight: 2, filterWidth: 2, strideHeight: 2, strideWidth: 2 },
          },
          ...{ input: sums, output: apart },
        });
        return [bench.floats(together, gradient.length), bench.floats(apart, gradient.length)];
      });
      assertClose(together!, apart!, 6 * shape.kernel ** 2 * shape.inChannels);
    }
  });
});

Deno.test("convPool's results are NaN where its weights are", async () => {
  const shape = {
    batchSize: 9,
    inHeight: 14,
    inWidth: 14,
    inChannels: 6,
    outChannels: 16,
    kernel: 5,
  };
  const { input, filter, bias, gradient } = numbersFor(shape, 3);
  filter.fill(NaN);
  await withAllKernels((all) => {
    const [output] = all.run((bench, kernels) => {
      const [y, argmax] = [bench.room(gradient.length), bench.room(gradient.length)];
      kernels.convPool({
        ...{ shape, activation: "tanh", input: bench.put(input), filter: bench.put(filter) },
        ...{ bias: bench.put(bias), output: y, argmax },
      });
      return [bench.floats(y, gradient.length)];
    });
    assert(output!.every(Number.isNaN));
  });
});

Deno.test("convPool refuses shapes that it does not take", async () => {
  const shape = { batchSize: 1, inHeight: 8, inWidth: 9, inChannels: 1, outChannels: 1, kernel: 5 };
  assert.deepEqual(takesConvPool(shape), false);
  assert.deepEqual(takesConvPool({ ...shape, inWidth: 10 }), true);
  assert.deepEqual(takesConvPool({ ...shape, inWidth: 4 }), false);
  await withAllKernels((all) => {
    const addresses = { input: 0, filter: 0, bias: 0, output: 0 };
    for (const kernels of all.kernels) {
      assertThrows(
        () => kernels.convPool({ shape, activation: "tanh", ...addresses }),
        RangeError,
        "does not take the shape",
      );
    }
  });
});
