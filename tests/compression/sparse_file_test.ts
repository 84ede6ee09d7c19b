import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { encodeArrays } from "../../lib/model/safetensors.ts";
import { crc32 } from "node:zlib";
import { assertLess, assertThrows } from "../assert.ts";
import { applyMasks, magnitudeMasks } from "../../lib/compression/masks.ts";
import { paperAmounts } from "../../lib/compression/pruning_amounts.ts";
import {
  decodePacked,
  encodePacked,
  reparametrise,
  storageSizes,
} from "../../lib/compression/sparse_file.ts";
import { ModelFileError } from "../../lib/model/model_file_error.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";

const weights = initialWeights(lenet5(), "pytorch", 1);
const pruned = (share: number) =>
  applyMasks(weights, magnitudeMasks(lenet5(), weights, { conv: share, dense: share }));

Deno.test("packed weights are read to the same bits, whatever numbers they hold", () => {
  const arrays = fc.dictionary(
    fc.string({ minLength: 1, maxLength: 8 }),
    fc.float32Array({ maxLength: 40 }).map((data) => ({ shape: [data.length], data })),
    { maxKeys: 4, noNullPrototype: true },
  );
  fc.assert(
    fc.property(arrays, (weights) => {
      const back = decodePacked(encodePacked(weights));
      assert.deepEqual(Object.keys(back), Object.keys(weights));
      for (const [name, { data }] of Object.entries(weights)) {
        const bits = (x: Float32Array) => [...new Uint32Array(x.slice().buffer)];
        assert.deepEqual(bits(back[name]!.data), bits(data));
      }
    }),
  );
  assert.deepEqual(decodePacked(encodePacked(pruned(0.9))), pruned(0.9));
});

Deno.test("an array with more or fewer numbers than its shape says is not written", () => {
  for (const shape of [[4], [1], [2, 3]]) {
    const count = shape.at(-1)! * shape.length;
    const refused = `w, of shape (${shape.join(", ")}), must hold ${count} numbers, got 2`;
    const arrays = { w: { shape, data: Float32Array.of(1, 2) } };
    assertThrows(() => encodePacked(arrays), RangeError, refused);
    assertThrows(() => encodeArrays(arrays), RangeError, refused);
  }
});

Deno.test("a packed file has one bit for each number and four bytes for each that is not zero", () => {
  const half = encodePacked(pruned(0.5)).length, ninety = encodePacked(pruned(0.9)).length;
  const count = 150 + 2400 + 48000 + 10080 + 4200;
  assertLess(Math.abs(half - (count / 8 + 2 * count)), 3000);
  assertLess(Math.abs(half - ninety - 1.6 * count), 100);
});

Deno.test("the paper's way of pruning stores more bytes than no pruning", async () => {
  const masks = magnitudeMasks(lenet5(), weights, paperAmounts);
  const sizes = await storageSizes(weights, applyMasks(weights, masks), masks);
  assert(sizes.masked > 1.9 * sizes.dense);
  assert(sizes.packed < 0.7 * sizes.dense);
  assert(sizes.maskedGzip > sizes.packedGzip);
  assert.deepEqual(Object.keys(reparametrise(weights, masks)).slice(0, 2), [
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

/** A packed file with this header and body, and a checksum that fits. */
function forge(header: unknown, body: Uint8Array, claimed?: number): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(16 + text.length + body.length);
  const view = new DataView(bytes.buffer);
  new TextEncoder().encodeInto("LENETSPK", bytes);
  view.setUint32(8, claimed ?? text.length, true);
  bytes.set(text, 12);
  bytes.set(body, 12 + text.length);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, bytes.length - 4)), true);
  return bytes;
}

Deno.test("a forged header is refused by the file's name, before an array is made", () => {
  const refused = (bytes: Uint8Array, message: string) => {
    const error = assertThrows(() => decodePacked(bytes, "w.packed"), ModelFileError, message);
    assert(error.message.startsWith("w.packed is not a usable file of packed weights: "));
  };
  const five = Uint8Array.of(0b101, ...new Uint8Array(8)); // a mask of two bits and two numbers
  const entry = { name: "a", shape: [3], values: 2 };
  assert.deepEqual(decodePacked(forge([entry], five)).a!.data.length, 3);
  refused(forge([entry], five, 2 ** 31), "its header is longer than the file");
  for (const header of ["", "[", "nothing"]) refused(forge(header, five), "its header is no JSON");
  for (const header of [{}, 3, null]) refused(forge(header, five), "its header is no list");
  for (
    const bad of [null, 3, {}, { ...entry, shape: 3 }, { ...entry, shape: [-1] }, { shape: [1] }]
  ) {
    refused(forge([bad], five), "entry 0 of its header has no name or no shape of whole numbers");
  }
  refused(forge([entry, entry], Uint8Array.of(...five, ...five)), "a stands twice in its header");
  for (const values of [4, -1, 0.5, "2", null]) {
    refused(
      forge([{ ...entry, values }], five),
      "a cannot hold the numbers that its header claims",
    );
  }
  const huge = [2 ** 30, 2 ** 30];
  refused(forge([{ ...entry, shape: huge }], five), "a cannot hold");
  refused(
    forge([{ ...entry, shape: [2 ** 40] }], five),
    "its header describes 137438953480 bytes of numbers, and 9 follow",
  );
  refused(forge([entry], five.slice(1)), "describes 9 bytes of numbers, and 8 follow");
  refused(forge([entry], Uint8Array.of(0b1, ...five.slice(1))), "the mask of a has 1 bits for 2");
  refused(forge([entry], Uint8Array.of(0b111, ...five.slice(1))), "has bits without a number");
  refused(forge([entry], Uint8Array.of(0b1001, ...five.slice(1))), "has bits without a number");
});

Deno.test("cut, damaged and forged packed files give weights or a ModelFileError", () => {
  const attempt = (bytes: Uint8Array) => {
    try {
      const held = Object.values(decodePacked(bytes, "w.packed"))
        .reduce((sum, { data }) => sum + data.byteLength, 0);
      assert(held <= 32 * bytes.length);
    } catch (error) {
      assert(error instanceof ModelFileError, String(error));
      assert(error.message.startsWith("w.packed is not a usable"), error.message);
    }
  };
  const count = fc.oneof(fc.nat(20), fc.constantFrom(2 ** 31, 2 ** 53, -1, 0.5, null, "3"));
  const entry = fc.record({
    name: fc.constantFrom<unknown>("a", "b", "__proto__", 1, null),
    shape: fc.oneof(fc.array(count, { maxLength: 3 }), fc.jsonValue()),
    values: count,
  }, { requiredKeys: [] });
  const header = fc.oneof(fc.array(entry, { maxLength: 3 }), fc.jsonValue());
  fc.assert(
    fc.property(header, fc.uint8Array({ maxLength: 60 }), (header, body) => {
      attempt(forge(header, body));
    }),
    { numRuns: 800 },
  );
  const bytes = encodePacked({ a: { shape: [2, 3], data: Float32Array.of(1, 0, 0, 2, 0, -3) } });
  fc.assert(
    fc.property(
      fc.nat(bytes.length),
      fc.nat(bytes.length - 1),
      fc.nat(255),
      (length, at, value) => {
        const damaged = bytes.slice();
        damaged[at] = value;
        attempt(damaged.subarray(0, length));
        // a checksum that fits lets the damage reach the parser
        const end = bytes.length - 4;
        new DataView(damaged.buffer).setUint32(end, crc32(damaged.subarray(0, end)), true);
        attempt(damaged);
      },
    ),
    { numRuns: 500 },
  );
});
