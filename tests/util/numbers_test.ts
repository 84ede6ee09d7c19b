import assert from "node:assert/strict";
import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "../fast_check.ts";
import { assertAlmostEquals, assertThrows } from "../assert.ts";
import { argmax } from "../../lib/util/argmax.ts";
import { crc32 } from "../../lib/util/crc32.ts";
import { checkElements, elementCount } from "../../lib/util/element_count.ts";
import { exponentialSum } from "../../lib/util/log_sum_exp.ts";

Deno.test("argmax takes the first of equal values, and never a NaN that comes later", () => {
  assert.deepEqual([argmax([1, 3, 3, 2]), argmax([2]), argmax([-5, -1])], [1, 0, 1]);
  assert.deepEqual(argmax([1, NaN, 2]), 2);
});

Deno.test("the sum of exponentials neither overflows nor loses small values", () => {
  const { largest, sum } = exponentialSum(Float64Array.of(1000, 1000, 998));
  assert.deepEqual(largest, 1000);
  assertAlmostEquals(sum, 2 + Math.exp(-2), 1e-12);
  fc.assert(fc.property(fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 1 }), (
    values,
  ) => {
    const { largest, sum } = exponentialSum(Float64Array.from(values));
    const plain = Math.log(values.reduce((total, x) => total + Math.exp(x), 0));
    assertAlmostEquals(largest + Math.log(sum), plain, 1e-9);
  }));
});

Deno.test("elements of a shape: the product of its sides, one for a single number", () => {
  assert.deepEqual([elementCount([2, 3, 4]), elementCount([5, 0]), elementCount([])], [24, 0, 1]);
  checkElements("a", { shape: [], data: [1] });
  const message = "a, of shape (2, 3), must hold 6 numbers, got 1";
  assertThrows(() => checkElements("a", { shape: [2, 3], data: [1] }), RangeError, message);
});

Deno.test("CRC-32 is zlib's, also of bytes that come in parts", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array(), (first, second) => {
    assert.equal(crc32(first), zlibCrc32(first));
    assert.equal(crc32(second, crc32(first)), zlibCrc32(second, zlibCrc32(first)));
  }));
});
