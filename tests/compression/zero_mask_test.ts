import assert from "node:assert/strict";
import { forEachInMask, isZero, zeroMask } from "../../lib/compression/zero_mask.ts";
import { assertThrows } from "../assert.ts";
import fc from "../fast_check.ts";

const bad = (why: string) => new RangeError(`the mask ${why}`);

Deno.test("a mask and the numbers that are not zero give the array back, −0 too", () => {
  const number = fc.oneof(fc.constantFrom(0, -0, NaN), fc.float());
  fc.assert(fc.property(fc.array(number, { maxLength: 40 }), (numbers) => {
    const mask = zeroMask(numbers), values = numbers.filter((x) => !isZero(x));
    assert.equal(mask.length, Math.ceil(numbers.length / 8));
    const back = numbers.map(() => 0);
    const counts = { count: numbers.length, values: values.length };
    forEachInMask(mask, counts, (at, value) => back[at] = values[value]!, bad);
    assert.deepEqual(back, numbers);
  }));
});

Deno.test("a mask with too many bits, too few, or one outside the array is refused", () => {
  const mask = zeroMask([1, 0, 1]);
  const read = (count: number, values: number) => () =>
    forEachInMask(mask, { count, values }, () => {}, bad);
  read(3, 2)();
  assertThrows(read(3, 1), RangeError, "the mask has bits without a number");
  assertThrows(read(2, 2), RangeError, "the mask has bits without a number");
  assertThrows(read(3, 3), RangeError, "the mask has 2 bits for 3 numbers");
});
