import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertGreater, assertThrows } from "../assert.ts";
import { augment, views } from "../../lib/pixels/augment.ts";
import { DataLoader } from "../../lib/pixels/loader.ts";
import { Rng } from "../../lib/util/rng.ts";
import { pixelSet } from "../runs/pixels.ts";

const shape = { channels: 1, height: 3, width: 4 };
// deno-fmt-ignore
const image = Uint8Array.of(
  0, 1, 2, 3,
  10, 11, 12, 13,
  20, 21, 22, 23,
);

/** All images that an augmentation makes of `image`, as text. */
function outcomes(options: Parameters<typeof augment>[2]): Set<string> {
  const found = new Set<string>();
  const rng = new Rng(1);
  for (let i = 0; i < 400; i++) {
    const bytes = image.slice();
    augment(bytes, shape, options, rng);
    found.add([...bytes].join(" "));
  }
  return found;
}

Deno.test("mirroring gives the image and its mirror image, nothing else", () => {
  assert.deepEqual(
    outcomes({ mirror: true }),
    new Set([[...image].join(" "), "3 2 1 0 13 12 11 10 23 22 21 20"]),
  );
});

Deno.test("shifting by up to one pixel gives nine images, edges reflected as by hand", () => {
  const found = outcomes({ shift: 1 });
  assert.deepEqual(found.size, 9);
  // one to the right and one down: what comes in is the pixel next to the edge
  assert(found.has("11 10 11 12 1 0 1 2 11 10 11 12"));
  // one to the left
  assert(found.has("1 2 3 2 11 12 13 12 21 22 23 22"));
  assert.deepEqual(outcomes({ shift: 1, mirror: true }).size, 18);
});

Deno.test("no augmentation changes nothing; channels move together", () => {
  assert.deepEqual(outcomes({}), new Set([[...image].join(" ")]));
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 2 }), (seed, shift) => {
      // the second channel is the first plus 100, before and after
      const bytes = Uint8Array.from([...image, ...image.map((x) => x + 100)]);
      augment(bytes, { ...shape, channels: 2 }, { shift, mirror: true }, new Rng(seed));
      assert.deepEqual([...bytes.subarray(12)], [...bytes.subarray(0, 12)].map((x) => x + 100));
    }),
  );
});

Deno.test("images whose rows are whole words, or start between words, move like all others", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 6 }), (seed, width) => {
      const size = { channels: 1, height: 3, width };
      const bytes = Uint8Array.from({ length: 6 * width }, (_, i) => i);
      const shifted = new Uint8Array(6 * width + 1).subarray(1);
      shifted.set(bytes);
      const shift = width > 1 ? 1 : 0;
      augment(bytes, size, { shift, mirror: true }, new Rng(seed));
      augment(shifted, size, { shift, mirror: true }, new Rng(seed));
      assert.deepEqual(shifted, bytes);
    }),
  );
});

Deno.test("a shift that reflection cannot fill is refused", () => {
  for (const shift of [-1, 0.5, 3, NaN]) {
    assertThrows(
      () => augment(image.slice(), shape, { shift }, new Rng(1)),
      RangeError,
      `got ${shift}`,
    );
  }
  const set = pixelSet(4, 2, 1);
  assertThrows(() => new DataLoader(set, { augmentation: { shift: 32 } }), RangeError, "got 32");
});

Deno.test("a loader varies each epoch, the same seed alike, and leaves the set as it was", async () => {
  const set = pixelSet(20, 5, 1);
  const before = set.pixels.slice();
  const epochs = async (seed: number) => {
    const augmentation = { shift: 2, mirror: true };
    const loader = new DataLoader(set, { batchSize: 8, shuffle: true, seed, augmentation });
    const all: number[][] = [];
    for (let epoch = 0; epoch < 2; epoch++) {
      for await (const { bytes, labels } of loader) all.push([...labels, ...bytes!]);
    }
    return all;
  };
  const [first, again, other] = [await epochs(1), await epochs(1), await epochs(2)];
  assert.deepEqual(again, first);
  assert.notDeepEqual(other, first);
  assert.notDeepEqual(first[0], first[3]);
  assert.deepEqual(set.pixels, before);
  // with seed 1 some image is really another than in the set
  const plain = new DataLoader(set, { batchSize: 20 });
  const { value } = await plain[Symbol.asyncIterator]().next();
  const known = new Set(
    Array.from({ length: 20 }, (_, i) => value!.bytes!.subarray(i * 1024, (i + 1) * 1024).join()),
  );
  const varied = first[0]!.slice(8);
  const changed = Array.from({ length: 8 }, (_, i) => varied.slice(i * 1024, (i + 1) * 1024).join())
    .filter((text) => !known.has(text));
  assertGreater(changed.length, 4);
});

Deno.test("views: the image first, each shift once, then all of them mirrored", () => {
  const set = pixelSet(3, 2, 1);
  const all = [...views(set, { shift: 1, mirror: true })];
  assert.deepEqual(all.length, 18);
  assert.deepEqual(all[0]!.pixels, set.pixels);
  assert.deepEqual(new Set(all.map(({ pixels }) => pixels.join())).size, 18);
  for (let i = 0; i < 9; i++) {
    const [straight, mirrored] = [all[i]!, all[i + 9]!];
    for (let at = 0; at < straight.pixels.length; at += 32) {
      const line = straight.pixels.slice(at, at + 32);
      assert.deepEqual(mirrored.pixels.slice(at, at + 32), line.reverse());
    }
  }
  assert.deepEqual([...views(set, {})].map(({ pixels }) => pixels), [set.pixels]);
  assertThrows(() => [...views(set, { shift: 32 })], RangeError, "shift");
});

Deno.test("views are among what augmentation makes of an image", () => {
  const set = pixelSet(1, 1, 1);
  const seen = new Set(
    [...views(set, { shift: 1, mirror: true })].map(({ pixels }) => pixels.join()),
  );
  const rng = new Rng(3);
  for (let i = 0; i < 100; i++) {
    const bytes = set.pixels.slice();
    augment(bytes, set, { shift: 1, mirror: true }, rng);
    assert(seen.has(bytes.join()));
  }
});
