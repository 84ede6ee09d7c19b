import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { PackedPixels } from "../../lib/pixels/packed.ts";
import { repeatedPixels } from "../../lib/pixels/repeated_pixels.ts";

/** Images of 4 × 8 grey pixels, each made from a number. */
function split(images: readonly number[], labels: readonly number[] = images.map(() => 0)) {
  const pixels = images.flatMap((n) => Array.from({ length: 32 }, (_, i) => i === 31 ? n : 7));
  return new PackedPixels(Uint8Array.from(pixels), Int32Array.from(labels), 1, 4, 8, "");
}

Deno.test("an image in two splits is told with its places, whatever its file is called", () => {
  assert.deepEqual(
    repeatedPixels({ train: split([1, 2, 3]), val: split([4]), test: split([5, 2]) }),
    [
      "1 test image has the pixels of a train image (test image 2 those of train image 2), " +
      "so what is measured on test is not all of new images",
    ],
  );
});

Deno.test("an image twice in one split, and one with two labels, are told", () => {
  assert.deepEqual(
    repeatedPixels({
      train: split([1, 2, 1, 1], [0, 0, 0, 3]),
      val: split([4]),
      test: split([5]),
    }),
    [
      "2 train images have the pixels of another train image (train image 3 those of train image 1, " +
      "for one)",
      "1 of them has two labels (train image 4 has label 3, train image 1 has label 0)",
    ],
  );
});

Deno.test("splits are said to share images exactly where they do", () => {
  const levels = fc.uniqueArray(fc.nat(255), { minLength: 3, maxLength: 60 });
  fc.assert(fc.property(levels, fc.boolean(), (all, shared) => {
    const third = Math.floor(all.length / 3);
    const [train, val, test] = [
      all.slice(0, third),
      all.slice(third, 2 * third),
      all.slice(2 * third),
    ];
    if (shared) test.push(train[0]!);
    const found = repeatedPixels({ train: split(train), val: split(val), test: split(test) });
    assert.equal(found.length, shared ? 1 : 0);
  }));
});
