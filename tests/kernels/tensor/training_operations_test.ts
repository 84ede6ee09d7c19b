/** The optimizers' steps and the loss against their twins. */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import {
  adamTwin,
  crossEntropyTwin,
  sgdTwin,
} from "../../../lib/kernels/tensor/twins/network_twin.ts";
import { assertClose, randomNumbers, withAllKernels } from "./kernel_rig.ts";

const counts = fc.array(fc.integer({ min: 0, max: 70 }), { maxLength: 5 });

Deno.test("steps of Adam are the twin's, as PyTorch and as Keras have them", async () => {
  await withAllKernels((all) => {
    fc.assert(
      fc.property(counts, fc.boolean(), fc.nat(1000), (counts, isKeras, seed) => {
        const steps = [1, 2, 3].map((t) => {
          const [lower, root] = [1 - 0.9 ** t, Math.sqrt(1 - 0.999 ** t)];
          return {
            ...{ beta1: 0.9, beta2: 0.999, keep: 0.99, epsilon: isKeras ? 1e-7 : 1e-8 },
            ...(isKeras
              ? { rate: 0.01 * root / lower, correction: 1 }
              : { rate: 0.01 / lower, correction: 1 / root }),
          };
        });
        const weights = counts.map((count, i) => randomNumbers(count, seed + i));
        const gradients = counts.map((count, i) => randomNumbers(count, seed + 10 + i));
        const results = all.run((bench, kernels) => {
          const parameters = counts.map((count, i) => ({
            ...{
              count,
              weights: bench.put(weights[i]!, i % 4),
              mean: bench.put(Array(count).fill(0)),
            },
            ...{ square: bench.put(Array(count).fill(0)), gradient: bench.put(gradients[i]!) },
          }));
          for (const step of steps) kernels.adam({ ...step, parameters });
          return parameters.map(({ weights, count }) => bench.floats(weights, count));
        });
        counts.forEach((count, i) => {
          const expected = Float64Array.from(weights[i]!);
          const [mean, square] = [new Float64Array(count), new Float64Array(count)];
          for (const step of steps) adamTwin(step, expected, mean, square, gradients[i]!);
          assertClose(results[i]!, expected, 5);
        });
      }),
      { numRuns: 100 },
    );
  });
});

Deno.test("steps of SGD are the twin's, with momentum, Nesterov's or none", async () => {
  await withAllKernels((all) => {
    fc.assert(
      fc.property(
        counts,
        fc.constantFrom(0, 0.9),
        fc.boolean(),
        fc.nat(1000),
        (counts, momentum, nesterov, seed) => {
          const step = { rate: 0.1, momentum, nesterov, keep: 0.99 };
          const weights = counts.map((count, i) => randomNumbers(count, seed + i));
          const gradients = counts.map((count, i) => randomNumbers(count, seed + 10 + i));
          const results = all.run((bench, kernels) => {
            const parameters = counts.map((count, i) => ({
              ...{
                count,
                weights: bench.put(weights[i]!, i % 4),
                gradient: bench.put(gradients[i]!),
              },
              ...(momentum === 0 ? {} : { velocity: bench.put(Array(count).fill(0)) }),
            }));
            for (let t = 0; t < 3; t++) kernels.sgd({ ...step, parameters });
            return parameters.map(({ weights, count }) => bench.floats(weights, count));
          });
          counts.forEach((count, i) => {
            const expected = Float64Array.from(weights[i]!), velocity = new Float64Array(count);
            for (let t = 0; t < 3; t++) sgdTwin(step, expected, velocity, gradients[i]!);
            assertClose(results[i]!, expected, 5);
          });
        },
      ),
      { numRuns: 100 },
    );
  });
});

Deno.test("a step takes more parameters than a descriptor holds", async () => {
  await withAllKernels((all) => {
    const [weights] = all.run((bench, kernels) => {
      const at = bench.put(Array(300).fill(1)), gradient = bench.put(Array(300).fill(1));
      const parameters = Array.from({ length: 300 }, (_, i) => ({
        ...{ weights: at + 4 * i, gradient: gradient + 4 * i, count: 1 },
      }));
      kernels.sgd({ rate: 0.5, parameters });
      return [bench.floats(at, 300)];
    });
    assert.deepEqual(weights, new Float32Array(300).fill(0.5));
  });
});

Deno.test("softmax cross-entropy and its gradient are their twins', with smoothing and without", async () => {
  await withAllKernels((all) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(0, 0.1),
        fc.nat(1000),
        (rows, classes, smoothing, seed) => {
          const logits = randomNumbers(rows * classes, seed).map((x) => 20 * x);
          const labels = Int32Array.from(
            randomNumbers(rows, seed + 1),
            (x) => Math.floor((x + 1) / 2 * classes),
          );
          const scale = 1 / Math.max(1, rows);
          const [loss, gradient] = all.run((bench, kernels) => {
            const at = bench.room(rows, 1), to = bench.room(rows * classes, 2);
            kernels.softmaxCrossEntropy({
              ...{ rows, classes, scale, smoothing, loss: at, gradient: to },
              ...{ logits: bench.put(logits), labels: bench.putIntegers(labels) },
            });
            return [bench.floats(at, rows), bench.floats(to, rows * classes)];
          });
          const twin = crossEntropyTwin(logits, labels, classes, scale, smoothing);
          assertClose(loss!, twin.loss, 20, "loss");
          assertClose(gradient!, twin.gradient, 1, "gradient");
        },
      ),
      { numRuns: 200 },
    );
  });
});

Deno.test("a NaN among the logits makes its row's loss NaN, and no other's", async () => {
  await withAllKernels((all) => {
    const [loss, gradient] = all.run((bench, kernels) => {
      const [at, to] = [bench.room(2), bench.room(10)];
      const logits = [1, 2, 3, 4, 5, 1, 2, NaN, 4, 5];
      kernels.softmaxCrossEntropy({
        ...{ rows: 2, classes: 5, scale: 1, loss: at, gradient: to },
        ...{ logits: bench.put(logits), labels: bench.putIntegers([0, 0]) },
      });
      return [bench.floats(at, 2), bench.floats(to, 10)];
    });
    assert.deepEqual([...loss!].map(Number.isNaN), [false, true]);
    assert.deepEqual([...gradient!].map(Number.isNaN), [
      ...Array(5).fill(false),
      ...Array(5).fill(true),
    ]);
  });
});
