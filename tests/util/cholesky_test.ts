import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertThrows } from "../assert.ts";
import { cholesky, invertPositive } from "../../lib/util/cholesky.ts";
import { Rng } from "../../lib/util/rng.ts";

/** A·Aᵀ + I of a random A: symmetric and positive definite. */
function positive(n: number, seed: number): Float64Array {
  const rng = new Rng(seed);
  const a = Float64Array.from({ length: n * n }, () => rng.normal());
  const product = multiply(a, transpose(a, n), n);
  for (let i = 0; i < n; i++) product[i * n + i]! += 1;
  return product;
}

function transpose(a: Float64Array, n: number): Float64Array {
  return a.map((_, at) => a[(at % n) * n + Math.floor(at / n)]!);
}

function multiply(a: Float64Array, b: Float64Array, n: number): Float64Array {
  return a.map((_, at) => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += a[Math.floor(at / n) * n + k]! * b[k * n + at % n]!;
    return sum;
  });
}

function farthest(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
}

Deno.test("Cholesky factors and inverses multiply back", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(), (n, seed) => {
    const matrix = positive(n, seed), lower = cholesky(matrix, n);
    assert(lower.every((x, at) => at % n <= Math.floor(at / n) || x === 0), "L is lower");
    const size = farthest(matrix, new Float64Array(n * n));
    assert(farthest(multiply(lower, transpose(lower, n), n), matrix) < 1e-12 * size);
    const identity = Float64Array.from(matrix, (_, at) => at % n === Math.floor(at / n) ? 1 : 0);
    assert(farthest(multiply(matrix, invertPositive(matrix, n), n), identity) < 1e-10 * size);
  }));
});

Deno.test("a matrix that is not positive definite is refused, with its pivot", () => {
  const indefinite = Float64Array.of(1, 2, 2, 1);
  assertThrows(() => cholesky(indefinite, 2), RangeError, "pivot 1 is -3");
  assertThrows(() => invertPositive(indefinite, 2), RangeError, "pivot 1 is -3");
});
