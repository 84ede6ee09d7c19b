import assert from "node:assert/strict";
import { assertLess, assertThrows } from "../assert.ts";
import { augmentAs, countVariants } from "../../lib/pixels/augment.ts";
import { DataLoader } from "../../lib/pixels/loader.ts";
import type { Teaching } from "../../lib/pixels/teaching.ts";
import { pixelSet } from "../runs/pixels.ts";

const images = 12, classes = 3, ways = 2;
const set = pixelSet(images, classes, 1);
const augmentation = { shift: 2, mirror: true };
const most = countVariants(augmentation);
// image i was seen as its variants 4i and 4i + 1; the answer names image and way
const variants = Uint16Array.from(
  { length: images * ways },
  (_, i) => 4 * Math.floor(i / ways) + i % ways,
);
const answers = Float32Array.from({ length: images * ways * classes }, (_, i) => {
  const answer = Math.floor(i / classes) / 100;
  return [answer, 0.5 - answer, 0.5][i % classes]!;
});

const given = (other: Partial<Teaching>): Teaching => ({
  ...{ images, classes, variants, answers, weight: 1 },
  ...other,
});

Deno.test("an image comes in a way that the teacher saw, together with the answer to that way", async () => {
  assert.equal(most, 50);
  const teaching = given({});
  const loader = new DataLoader(set, { batchSize: 5, shuffle: true, augmentation, teaching });
  const seen = new Set<number>();
  for (let epoch = 0; epoch < 6; epoch++) {
    const order = loader.order(loader.epoch);
    let at = 0;
    for await (const { bytes, targets, size } of loader) {
      for (let n = 0; n < size; n++) {
        const image = order[at++]!;
        const answer = Math.round(100 * targets![n * classes]!);
        assert.equal(Math.floor(answer / ways), image);
        seen.add(answer);
        const expected = set.get(image).slice();
        augmentAs(expected, set, 2, [variants[answer]!]);
        assert.deepEqual(bytes!.subarray(n * 1024, (n + 1) * 1024), expected);
      }
    }
  }
  assert.equal(seen.size, images * ways);
});

Deno.test("a target is the teacher's answer and the label, by the weight", async () => {
  const teaching = given({ weight: 0.25 });
  const loader = new DataLoader(set, { batchSize: images, augmentation, teaching });
  for await (const { targets, labels } of loader) {
    for (let n = 0; n < images; n++) {
      const row = targets!.subarray(n * classes, (n + 1) * classes);
      assertLess(Math.abs(row[2]! - (0.125 + (labels[n] === 2 ? 0.75 : 0))), 1e-6);
      assertLess(Math.abs(row.reduce((a, b) => a + b) - 1), 1e-6);
    }
  }
});

Deno.test("answers to other images, or to other ways of seeing them, are refused", () => {
  const load = (teaching: Teaching, options = augmentation) => () =>
    new DataLoader(set, { teaching, augmentation: options });
  const other = given({ images: 6 });
  assertThrows(load(other), RangeError, "are to 6 images, not to 12");
  const few = given({ answers: answers.subarray(1) });
  assertThrows(load(few), RangeError, "are 72 numbers, got 71");
  const heavy = given({ weight: 2 });
  assertThrows(load(heavy), RangeError, "from 0 to 1, got 2");
  const narrow = given({ classes: 2, answers: answers.subarray(images * ways) });
  assertThrows(load(narrow), RangeError, "label 2, for which targets of 2 numbers have no place");
  const good = given({});
  assertThrows(load(good, { shift: 1, mirror: true }), RangeError, "none of the augmentation's 18");
});
