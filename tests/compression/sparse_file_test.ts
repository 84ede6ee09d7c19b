import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import fc from "fast-check";
import { applyMasks, magnitudeMasks } from "../../lib/compression/masks.ts";
import { reportShares } from "../../lib/compression/pruning_amounts.ts";
import {
  decodePacked,
  encodePacked,
  reparametrise,
  storageSizes,
} from "../../lib/compression/sparse_file.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";

const weights = initialWeights(lenet5(), "pytorch", 1);
const pruned = (share: number) =>
  applyMasks(weights, magnitudeMasks(lenet5(), weights, { conv: share, dense: share }));

Deno.test("packed weights come back to the bit, whatever numbers they hold", () => {
  const arrays = fc.dictionary(
    fc.string({ minLength: 1, maxLength: 8 }),
    fc.float32Array({ maxLength: 40 }).map((data) => ({ shape: [data.length], data })),
    { maxKeys: 4, noNullPrototype: true },
  );
  fc.assert(
    fc.property(arrays, (weights) => {
      const back = decodePacked(encodePacked(weights));
      assertEquals(Object.keys(back), Object.keys(weights));
      for (const [name, { data }] of Object.entries(weights)) {
        const bits = (x: Float32Array) => [...new Uint32Array(x.slice().buffer)];
        assertEquals(bits(back[name]!.data), bits(data));
      }
    }),
  );
  assertEquals(decodePacked(encodePacked(pruned(0.9))), pruned(0.9));
});

Deno.test("packed bytes: a bit a number and four bytes a value that is not zero", () => {
  const half = encodePacked(pruned(0.5)).length, ninety = encodePacked(pruned(0.9)).length;
  const count = 150 + 2400 + 48000 + 10080 + 4200;
  assertLess(Math.abs(half - (count / 8 + 2 * count)), 3000);
  assertLess(Math.abs(half - ninety - 1.6 * count), 100);
});

Deno.test("masks cost: what the report's way of pruning stores is larger than no pruning", async () => {
  const masks = magnitudeMasks(lenet5(), weights, reportShares);
  const sizes = await storageSizes(weights, applyMasks(weights, masks), masks);
  assert(sizes.masked > 1.9 * sizes.dense);
  assert(sizes.packed < 0.7 * sizes.dense);
  assert(sizes.maskedGzip > sizes.packedGzip);
  assertEquals(Object.keys(reparametrise(weights, masks)).slice(0, 2), [
    "conv1.weight_orig",
    "conv1.weight_mask",
  ]);
});

Deno.test("a damaged, short or foreign file is refused by name", () => {
  const bytes = encodePacked(pruned(0.5));
  for (const at of [3, 9, 40, bytes.length >> 1, bytes.length - 2]) {
    const damaged = bytes.slice();
    damaged[at]! ^= 4;
    assertThrows(
      () => decodePacked(damaged, "model.packed"),
      Error,
      "model.packed is not a usable",
    );
  }
  for (const length of [0, 5, 11, 100, bytes.length - 1]) {
    assertThrows(() => decodePacked(bytes.slice(0, length), "model.packed"), Error, "model.packed");
  }
});
