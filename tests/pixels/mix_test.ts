import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertGreater, assertLess, assertThrows } from "../assert.ts";
import { DataLoader } from "../../lib/pixels/loader.ts";
import { mix } from "../../lib/pixels/mix.ts";
import { Rng } from "../../lib/util/rng.ts";
import { pixelSet } from "../runs/pixels.ts";

const shape = { channels: 2, height: 5, width: 6 };
const pixels = 2 * 5 * 6, classes = 3;

/** Three images of one grey level each, mixed; the levels and the targets afterwards. */
function mixed(kind: "mixup" | "cutmix", seed: number) {
  const levels = [0, 100, 200];
  const bytes = Uint8Array.from({ length: 3 * pixels }, (_, i) => levels[Math.floor(i / pixels)]!);
  const targets = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  const own = mix(bytes, targets, shape, 3, kind, new Rng(seed));
  return { levels, bytes, targets, own };
}

Deno.test("mixup: each pixel and each target is the same weighted mean of an image and the next", () => {
  fc.assert(fc.property(fc.integer(), (seed) => {
    const { levels, bytes, targets, own } = mixed("mixup", seed);
    for (let n = 0; n < 3; n++) {
      const next = (n + 1) % 3;
      const level = own * levels[n]! + (1 - own) * levels[next]!;
      for (const byte of bytes.subarray(n * pixels, (n + 1) * pixels)) {
        assertLess(Math.abs(byte - level), 1);
      }
      assertLess(Math.abs(targets[n * classes + n]! - own), 1e-6);
      assertLess(Math.abs(targets[n * classes + next]! - (1 - own)), 1e-6);
    }
  }));
});

Deno.test("cutmix: one rectangle, the same in all channels, is the next image's, and the target its share", () => {
  fc.assert(fc.property(fc.integer(), (seed) => {
    const { levels, bytes, targets, own } = mixed("cutmix", seed);
    for (let n = 0; n < 3; n++) {
      const next = (n + 1) % 3;
      const image = bytes.subarray(n * pixels, (n + 1) * pixels);
      const pasted = [...image].map((byte) => byte === levels[next]);
      assert(image.every((byte) => byte === levels[n] || byte === levels[next]));
      assert.deepEqual(pasted.slice(0, 30), pasted.slice(30));
      const places = pasted.slice(0, 30).flatMap((is, i) => is ? [[Math.floor(i / 6), i % 6]] : []);
      const rows = new Set(places.map(([y]) => y)), columns = new Set(places.map(([, x]) => x));
      assert.equal(places.length, rows.size * columns.size);
      assertLess(Math.abs(1 - places.length / 30 - own), 1e-9);
      assertLess(Math.abs(targets[n * classes + n]! - own), 1e-6);
      assertLess(Math.abs(targets[n * classes + next]! - (1 - own)), 1e-6);
    }
  }));
});

Deno.test("a loader mixes the share of its batches that is asked for, each epoch otherwise", async () => {
  const set = pixelSet(400, classes, 1);
  const targetsOf = async (share: number) => {
    const loader = new DataLoader(set, { batchSize: 4, classes, mixing: { kind: "mixup", share } });
    assert(loader.softTargets);
    const targets: number[][] = [];
    for (let epoch = 0; epoch < 2; epoch++) {
      for await (const batch of loader) targets.push([...batch.targets!]);
    }
    return targets;
  };
  const isMixed = (targets: number[]) => targets.some((target) => target > 0 && target < 1);
  assert(!(await targetsOf(0)).some(isMixed));
  const half = await targetsOf(0.5), all = await targetsOf(1);
  const count = half.filter(isMixed).length;
  assert(count > 60 && count < 140, `${count} of 200`);
  // a weight may be drawn that rounds to 0 or 1
  assertGreater(all.filter(isMixed).length, 195);
  assert.notDeepEqual(all.slice(0, 100), all.slice(100));
  assert.deepEqual(await targetsOf(1), all);
});

Deno.test("a mixing that does not exist is refused", () => {
  const loader = (options: object) => () => new DataLoader(pixelSet(2, 2, 1), options);
  const kind = "mixup" as const;
  assertThrows(loader({ mixing: { kind, share: 1.5 }, classes: 2 }), RangeError, "got 1.5");
  assertThrows(
    loader({ mixing: { kind: "blend", share: 1 }, classes: 2 }),
    RangeError,
    "got blend",
  );
  assertThrows(loader({ mixing: { kind, share: 1 } }), RangeError, "classes must be an integer");
  // a label without a place in its target would be written into another image's
  const few = { mixing: { kind, share: 0 }, classes: 1 };
  assertThrows(
    loader(few),
    RangeError,
    "image 1 has label 1, for which targets of 1 numbers have no",
  );
  assert.equal(new DataLoader(pixelSet(2, 2, 1), { classes: 1 }).length, 1); // nothing is mixed
});
