import { derivativeCodes } from "./activation_codes.ts";
import { type JobRunner, partsFor, SHARDS, withScratch } from "./job_runner.ts";
import { matMul } from "./matrix_operations.ts";
import type { DenseGradient, SoftmaxCrossEntropy } from "./tensor_operations.ts";

/** See `DenseGradient`. */
export function denseGradient(runner: JobRunner, operation: DenseGradient): void {
  const { rows, inputs, units, activation, input, weights, transposed = false } = operation;
  const { output, outputGradient, weightGradient, biasGradient, inputGradient = 0 } = operation;
  const isLinear = activation === "linear";
  const shardBytes = 16 * Math.ceil(units / 4);
  const sizes = [isLinear ? 0 : 4 * rows * units, SHARDS * shardBytes];
  withScratch(runner, sizes, (product = 0, sums = 0) => {
    const g = isLinear ? outputGradient : product;
    const code = derivativeCodes[activation];
    runner.words.set(
      [rows, units, outputGradient, output, code, isLinear ? 0 : product, SHARDS, sums],
    );
    runner.run("activationGradient", SHARDS);
    runner.call("foldShards", sums, shardBytes, SHARDS, units, biasGradient);
    const ofWeights = { batch: 1, depth: rows, transposeA: true, c: weightGradient };
    if (transposed) matMul(runner, { ...ofWeights, rows: units, columns: inputs, a: g, b: input });
    else matMul(runner, { ...ofWeights, rows: inputs, columns: units, a: input, b: g });
    if (inputGradient === 0) return;
    matMul(runner, {
      ...{ batch: 1, rows, depth: units, columns: inputs },
      ...{ a: g, b: weights, transposeB: !transposed, c: inputGradient },
    });
  });
}

/** See `SoftmaxCrossEntropy`. */
export function softmaxCrossEntropy(runner: JobRunner, operation: SoftmaxCrossEntropy): void {
  const { rows, classes, logits, labels, scale, smoothing = 0, loss, gradient } = operation;
  if (rows === 0) return;
  const parts = partsFor(runner, 10 * rows * classes, rows);
  runner.words.set([rows, classes, logits, labels, loss, gradient]);
  runner.floats.set([scale, smoothing], 6);
  runner.words[8] = parts;
  runner.run("softmaxCrossEntropy", parts);
}
