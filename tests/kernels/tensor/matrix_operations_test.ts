/** The matrix product and the dense layer's gradient against their twins, on random shapes. */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import {
  activate,
  derivative,
  matMulTwin,
} from "../../../lib/kernels/tensor/twins/network_twin.ts";
import type {
  ConvPoolActivation,
  FusedActivation,
} from "../../../lib/kernels/tensor/tensor_operations.ts";
import { assertClose, randomNumbers, withAllKernels } from "./kernel_rig.ts";

const activations: readonly FusedActivation[] = [
  ...["linear", "relu", "relu6", "elu", "leakyrelu", "sigmoid", "tanh"] as const,
];
const size = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 40, max: 70 }));

Deno.test("matMul is its twin, transposed or not, one matrix for all or not", async () => {
  await withAllKernels((all) => {
    fc.assert(
      fc.property(
        fc.record({
          batch: fc.integer({ min: 0, max: 4 }),
          rows: size,
          depth: size,
          columns: size,
          transposeA: fc.boolean(),
          transposeB: fc.boolean(),
        }),
        fc.record({ oneA: fc.boolean(), oneB: fc.boolean(), hasBias: fc.boolean() }),
        fc.constantFrom(...activations),
        fc.nat(1000),
        (shape, { oneA, oneB, hasBias }, activation, seed) => {
          const { batch, rows, depth, columns } = shape;
          const a = randomNumbers((oneA ? 1 : batch) * rows * depth, seed);
          const b = randomNumbers((oneB ? 1 : batch) * depth * columns, seed + 1);
          const bias = randomNumbers(columns, seed + 2);
          const [c] = all.run((bench, kernels) => {
            const to = bench.room(batch * rows * columns, seed % 4);
            kernels.matMul({
              ...{ ...shape, activation, c: to, a: bench.put(a, 1), b: bench.put(b, 2) },
              ...(oneA ? { strideA: 0 } : {}),
              ...(oneB ? { strideB: 0 } : {}),
              ...(hasBias ? { bias: bench.put(bias) } : {}),
            });
            return [bench.floats(to, batch * rows * columns)];
          });
          for (let i = 0; i < batch; i++) {
            const [x, y] = [oneA ? 0 : i * rows * depth, oneB ? 0 : i * depth * columns];
            const sums = matMulTwin(shape, a.subarray(x), b.subarray(y));
            const expected = sums.map((sum, at) =>
              activate(activation, sum + (hasBias ? bias[at % columns]! : 0))
            );
            const from = i * rows * columns;
            assertClose(c!.slice(from, from + rows * columns), expected, depth);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

Deno.test("a row alone has the bits that it has among others", async () => {
  await withAllKernels((all) => {
    fc.assert(
      fc.property(size, size, fc.boolean(), fc.nat(1000), (depth, columns, transposeB, seed) => {
        const a = randomNumbers(8 * depth, seed), b = randomNumbers(depth * columns, seed + 1);
        all.run((bench, kernels) => {
          const [from, factor] = [bench.put(a), bench.put(b)];
          const product = (rows: number) => {
            const to = bench.room(rows * columns);
            const shape = { batch: 1, rows, depth, columns, transposeB };
            kernels.matMul({ ...shape, a: from, b: factor, c: to });
            return bench.floats(to, columns);
          };
          const alone = product(1);
          assert.deepEqual(alone, product(8));
          return [alone];
        });
      }),
      { numRuns: 100 },
    );
  });
});

Deno.test("matMul hands on NaN and infinities as sums of products do", async () => {
  const shape = { rows: 5, depth: 7, columns: 6 };
  const [a, b] = [randomNumbers(35, 1), randomNumbers(42, 2)];
  [a[8], a[17], b[3]] = [NaN, Infinity, -Infinity];
  b[2 * 6 + 4] = 0; // infinity in row 2 of A stands in column 3
  b[3 * 6 + 4] = 0;
  await withAllKernels((all) => {
    for (const activation of activations) {
      const [c] = all.run((bench, kernels) => {
        const to = bench.room(30);
        kernels.matMul({ batch: 1, ...shape, activation, a: bench.put(a), b: bench.put(b), c: to });
        return [bench.floats(to, 30)];
      });
      const expected = matMulTwin(shape, a, b).map((x) => activate(activation, x));
      assertClose(c!, expected, 7, activation);
    }
  });
});

Deno.test("each activation is its twin from −100 to 100, and of NaN and infinities", async () => {
  const x = Float32Array.from({ length: 2001 }, (_, i) => (i - 1000) / 10);
  x.set([NaN, Infinity, -Infinity, -0, 1e30, -1e30]);
  await withAllKernels((all) => {
    for (const activation of activations) {
      const [y] = all.run((bench, kernels) => {
        const to = bench.room(x.length);
        const shape = { batch: 1, rows: x.length, depth: 1, columns: 1 };
        kernels.matMul({ ...shape, activation, a: bench.put(x), b: bench.put([1]), c: to });
        return [bench.floats(to, x.length)];
      });
      assertClose(y!, Float64Array.from(x, (x) => activate(activation, x)), 1, activation);
    }
  });
});

Deno.test("denseGradient is the derivative of the dense layer's twin", async () => {
  await withAllKernels((all) => {
    fc.assert(
      fc.property(
        fc.record({ rows: size, inputs: size, units: size }),
        fc.constantFrom<ConvPoolActivation>("linear", "relu", "sigmoid", "tanh"),
        fc.boolean(),
        fc.nat(1000),
        (shape, activation, transposed, seed) => {
          const { rows, inputs, units } = shape;
          const input = randomNumbers(rows * inputs, seed);
          const weights = randomNumbers(inputs * units, seed + 1);
          const gradient = randomNumbers(rows * units, seed + 2);
          const product = { rows, depth: inputs, columns: units, transposeB: transposed };
          const output = matMulTwin(product, input, weights).map((x) => activate(activation, x));
          const [ofWeights, ofBias, ofInput] = all.run((bench, kernels) => {
            const [weightGradient, biasGradient, inputGradient] = [
              bench.room(weights.length),
              bench.room(units, 1),
              bench.room(input.length, 2),
            ];
            kernels.denseGradient({
              ...{ ...shape, activation, transposed, weightGradient, biasGradient, inputGradient },
              ...{ input: bench.put(input), weights: bench.put(weights) },
              ...{ output: bench.put(output), outputGradient: bench.put(gradient) },
            });
            return [
              bench.floats(weightGradient, weights.length),
              bench.floats(biasGradient, units),
              bench.floats(inputGradient, input.length),
            ];
          });
          const y = Float32Array.from(output);
          const g = Float64Array.from(gradient, (g, i) => g * derivative(activation, y[i]!));
          const ofWeight = transposed
            ? matMulTwin({ rows: units, depth: rows, columns: inputs, transposeA: true }, g, input)
            : matMulTwin({ rows: inputs, depth: rows, columns: units, transposeA: true }, input, g);
          assertClose(ofWeights!, ofWeight, rows, "weights");
          const sums = new Float64Array(units);
          g.forEach((value, i) => sums[i % units]! += value);
          assertClose(ofBias!, sums, rows, "bias");
          const back = { rows, depth: units, columns: inputs, transposeB: !transposed };
          assertClose(ofInput!, matMulTwin(back, g, weights), units, "input");
        },
      ),
      { numRuns: 200 },
    );
  });
});

Deno.test("denseGradient leaves the input's gradient out if nobody wants it", async () => {
  await withAllKernels((all) => {
    const [ofWeights] = all.run((bench, kernels) => {
      const weightGradient = bench.room(1), biasGradient = bench.room(1);
      kernels.denseGradient({
        ...{ rows: 1, inputs: 1, units: 1, activation: "linear", weightGradient, biasGradient },
        ...{ input: bench.put([3]), weights: bench.put([5]), output: 0 },
        ...{ outputGradient: bench.put([2]) },
      });
      return [bench.floats(weightGradient, 1)];
    });
    assert.deepEqual([...ofWeights!], [6]);
  });
});
