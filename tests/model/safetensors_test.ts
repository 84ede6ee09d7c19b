import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertRejects, assertThrows } from "../assert.ts";
import {
  decodeArrays,
  decodeSafetensors,
  encodeArrays,
  encodeChecked,
  encodeSafetensors,
  loadWeights,
  saveWeights,
} from "../../lib/model/safetensors.ts";
import { ModelFileError } from "../../lib/model/model_file_error.ts";
import { lenet5, parameterShapes } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { fixtures } from "../systems/fixtures.ts";
import { perceptron } from "../systems/helpers.ts";

const arrays = fc.dictionary(
  fc.string({ minLength: 1 }).filter((name) => name !== "__metadata__" && name !== "__proto__"),
  fc.array(fc.float({ noNaN: true })).map((list) => ({
    shape: [list.length],
    data: Float32Array.from(list),
  })),
);

Deno.test("any arrays and metadata are read as they were written", () => {
  fc.assert(fc.property(arrays, fc.string(), (weights, note) => {
    const file = decodeSafetensors(encodeSafetensors(weights, { note }));
    assert.deepEqual({ ...file.weights }, { ...weights });
    assert.deepEqual(file.metadata.note, note);
  }));
});

Deno.test("a state dict that PyTorch saved is read", async () => {
  const { weights } = await loadWeights(fixtures.weights);
  for (const { name, shape } of parameterShapes(lenet5())) {
    assert.deepEqual(weights[name]!.shape, shape);
  }
});

Deno.test("a file that lost or gained bytes is refused", () => {
  const bytes = encodeSafetensors(initialWeights(perceptron, "lecun", 0));
  fc.assert(fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (length) => {
    assertThrows(
      () => decodeSafetensors(bytes.subarray(0, length), "model.safetensors"),
      Error,
      "model.safetensors is not a usable safetensors file",
    );
  }));
  const longer = new Uint8Array([...bytes, 0, 0, 0, 0]);
  assertThrows(() => decodeSafetensors(longer), Error, "4 bytes belong to no array");
});

Deno.test("a file of another format is refused with a reason", () => {
  const text = new TextEncoder().encode("PK\u0003\u0004 something else altogether");
  assertThrows(() => decodeSafetensors(text, "m.zip"), Error, "m.zip is not a usable");
  const half = encodeSafetensors({ w: { shape: [1], data: new Float32Array(1) } });
  const swapped = new TextDecoder().decode(half).replace("F32", "F16");
  assertThrows(
    () => decodeSafetensors(new TextEncoder().encode(swapped)),
    Error,
    "w is F16; read are F32, I32, I8, U8",
  );
});

Deno.test("weights are saved whole or not at all, and replace an earlier file", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/new/model.safetensors`;
  await saveWeights(path, initialWeights(perceptron, "lecun", 0));
  const weights = initialWeights(perceptron, "lecun", 1);
  await saveWeights(path, weights, { seed: "1" });
  assert.deepEqual((await loadWeights(path)).weights, weights);
  assert.deepEqual([...Deno.readDirSync(`${folder}/new`)].length, 1);
  await Deno.mkdir(`${folder}/taken.safetensors/full`, { recursive: true });
  await assertRejects(() => saveWeights(`${folder}/taken.safetensors`, weights));
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
    "new",
    "taken.safetensors",
  ]);
  await Deno.remove(folder, { recursive: true });
});

/** The bytes of a file with this header, text or object, and so many bytes of data. */
function forge(header: unknown, dataBytes: number, claimed?: bigint): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}
const f32 = (shape: unknown, ...data_offsets: unknown[]) => ({ dtype: "F32", shape, data_offsets });

function assertRefused(bytes: Uint8Array, message: string): void {
  const error = assertThrows(() => decodeSafetensors(bytes, "w.bin"), ModelFileError, message);
  assert(error.message.startsWith("w.bin is not a usable safetensors file: "), error.message);
}

Deno.test("arrays in any order, empty ones and single numbers are read", () => {
  const header = { b: f32([2], 4, 12), none: f32([3, 0], 12, 12), a: f32([], 0, 4) };
  const { weights, metadata } = decodeSafetensors(forge(header, 12));
  assert.deepEqual(Object.keys(weights), ["b", "none", "a"]);
  assert.deepEqual([weights.b!.data.length, weights.none!.data.length, weights.a!.data.length], [
    2,
    0,
    1,
  ]);
  assert.deepEqual(metadata, {});
  const proto = decodeSafetensors(forge(`{"__proto__":${JSON.stringify(f32([1], 0, 4))}}`, 4));
  assert.deepEqual(Object.keys(proto.weights), ["__proto__"]);
});

Deno.test("arrays that overlap, leave a hole or reach beyond the file are refused by name", () => {
  assertRefused(forge({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12), "b overlaps a");
  assertRefused(forge({ a: f32([2], 0, 8), b: f32([2], 0, 8) }, 8), "b overlaps a");
  assertRefused(
    forge({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12),
    "4 bytes between a and b belong to no array",
  );
  assertRefused(forge({ a: f32([1], 4, 8) }, 8), "4 bytes between the header and a belong to no");
  assertRefused(forge({ a: f32([1], 0, 4) }, 9), "5 bytes belong to no array");
  assertRefused(forge({ a: f32([3], 0, 12) }, 8), "it is cut off within a");
  assertRefused(forge({ a: f32([2 ** 40], 0, 2 ** 42) }, 8), "it is cut off within a");
  assertRefused(forge({}, 3), "3 bytes belong to no array");
});

Deno.test("a header's entries need a dtype, a shape and two offsets that fit each other", () => {
  assertRefused(
    forge({ a: f32([1], 0, 4, 4) }, 4),
    "a needs a shape of whole numbers, and data_off",
  );
  assertRefused(forge({ a: f32([1], 0) }, 4), "data_offsets of two");
  assertRefused(forge({ a: f32([1], -4, 0) }, 4), "data_offsets of two");
  assertRefused(forge({ a: f32([0.5], 0, 2) }, 2), "a needs a shape of whole numbers");
  assertRefused(forge({ a: f32("1", 0, 4) }, 4), "a needs a shape of whole numbers");
  assertRefused(forge({ a: f32([1], 4, 0) }, 4), "a ends at 0, before its start at 4");
  assertRefused(
    forge({ a: f32([2, 3], 0, 20) }, 20),
    "20 bytes for 6 numbers of F32, shape (2, 3)",
  );
  assertRefused(forge({ a: { ...f32([4], 0, 4), dtype: "I16" } }, 4), "a is I16; read are F32");
  assertRefused(
    forge({ a: { ...f32([4], 0, 4), dtype: "toString" } }, 4),
    "a is toString; read are",
  );
  assertRefused(forge({ a: { ...f32([4], 0, 4), dtype: { toString: 1 } } }, 4), "a is an object");
  assertRefused(forge({ a: { ...f32([4], 0, 4), dtype: "I8" } }, 4), "a is I8, not F32");
  assertRefused(
    forge({ a: { ...f32([1], 0, 4), stride: 1 } }, 4),
    "a has the unknown entry stride",
  );
  assertRefused(forge({ a: 3 }, 0), "the header's entry a is no object");
  // 2¹¹⁰ numbers of 4 bytes: no number of bytes can be that many
  assertRefused(forge({ a: f32([2 ** 50, 2 ** 50, 2 ** 10], 0, 4) }, 4), "bytes for");
  for (const metadata of [3, ["x"], { seed: 1 }, { nested: {} }]) {
    assertRefused(forge({ __metadata__: metadata }, 0), "its __metadata__ must be texts by name");
  }
});

Deno.test("a key that stands twice in the header is refused, however it is written", () => {
  const entry = JSON.stringify(f32([1], 0, 4));
  assertRefused(forge(`{"a":${entry},"a":${entry}}`, 4), '"a" stands twice in the header');
  assertRefused(
    forge(`{"a":${entry},"\\u0061"  \n\t${" ".repeat(40)}:${entry}}`, 4),
    '"a" stands twice',
  );
  assertRefused(
    forge(`{"a":{"dtype":"F32","dtype":"I8","shape":[4],"data_offsets":[0,4]}}`, 4),
    '"dtype"',
  );
  assertRefused(forge(`{"__metadata__":{"k":"1","k":"2"}}`, 0), '"k" stands twice');
  // the same text as a value, or as a key of another object, is no repetition
  const fine = `{"__metadata__":{"a":"a","b":"\\"a\\":"},"a":${entry}}`;
  assert.deepEqual(decodeSafetensors(forge(fine, 4)).metadata, { a: "a", b: '"a":' });
});

Deno.test("a header that is too long, too deep, cut off or no JSON is refused", () => {
  assertRefused(
    forge("{}", 0, 2n ** 63n),
    "the header claims 9223372036854775808 bytes, the file has 10",
  );
  assertRefused(forge("{}", 0, 3n), "the header claims 3 bytes, the file has 10");
  assertRefused(forge("[".repeat(100_000), 0), "nested too deeply");
  assertRefused(forge('{"a":'.repeat(50_000), 0), "nested too deeply");
  for (const header of ["", "null", "[]", '"text"', "{", '{"a', '{"a":1,}', "{}x", "\uFEFF{}"]) {
    assertRefused(forge(header, 0), "the header is no JSON");
  }
  const broken = forge("{}", 0);
  broken[9] = 0xff;
  assertRefused(broken, "the header is no JSON");
  assertRefused(new Uint8Array(0), "0 bytes are too few");
});

Deno.test("files of PyTorch, Keras and NumPy are recognised, and the error says what to do", () => {
  const begins = (...start: number[]) => Uint8Array.from([...start, ...new Array(40).fill(7)]);
  assertRefused(
    begins(0x50, 0x4b, 3, 4, 0, 0, 8, 8),
    "zip archive, which is what torch.save writes",
  );
  assertRefused(begins(0x50, 0x4b, 3, 4), "safetensors.torch.save_file(model.state_dict(), path)");
  assertRefused(begins(0x80, 2, 0x8a), "Python pickle");
  assertRefused(begins(0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10), "an HDF5 file");
  assertRefused(begins(0x1f, 0x8b, 8), "compressed with gzip");
  assertRefused(begins(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0), "a NumPy array");
  // a header of 0x0280 bytes begins with the same bytes as a pickle
  const long = `{"__metadata__":{"k":"${"x".repeat(0x280 - 25)}"}}`;
  assert.deepEqual(long.length, 0x280);
  assert.deepEqual(decodeSafetensors(forge(long, 0)).weights, {});
});

Deno.test("loading finds a changed sign, shape, name or text in saved weights by their checksum", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/w.safetensors`;
  const weights = initialWeights(perceptron, "lecun", 0);
  await saveWeights(path, weights, { seed: "1" });
  assert.deepEqual(await loadWeights(path), { weights, metadata: { seed: "1" } });
  const bytes = await Deno.readFile(path);
  const load = async (changed: Uint8Array) => {
    await Deno.writeFile(path, changed);
    return await loadWeights(path);
  };
  const signs = bytes.slice();
  signs[bytes.length - 1]! ^= 0x80;
  await assertRejects(
    () => load(signs),
    ModelFileError,
    `${path} is not a usable safetensors file`,
  );
  await assertRejects(() => load(signs), ModelFileError, "its checksum (lenet.crc32) does not fit");
  const text = new TextDecoder("latin1").decode(bytes);
  const edits = [['"seed":"1"', '"seed":"2"'], ["[9,30]", "[30,9]"], [
    "output.bias",
    "output.bia5",
  ]];
  for (const [from = "", to = ""] of edits) {
    assert(text.includes(from));
    const edited = Uint8Array.from(text.replace(from, to), (char) => char.charCodeAt(0));
    await assertRejects(() => load(edited), ModelFileError, "does not fit");
  }
  // the same content in another order is the same content
  const reordered = encodeArrays(
    Object.fromEntries(Object.entries(weights).reverse()),
    { "lenet.crc32": /"lenet.crc32":"(\w+)"/.exec(text)![1]!, seed: "1" },
  );
  assert.deepEqual((await load(reordered)).weights, weights);
  assertThrows(
    () => encodeChecked(weights, { "lenet.crc32": "0" }),
    RangeError,
    "for the checksum",
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("every flipped bit in a saved file is found, and the error names the file", () => {
  const bytes = encodeChecked(initialWeights(perceptron, "lecun", 0), { note: "a note" });
  const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  // an entry of another name is no checksum, and then nothing is verified
  const nameStart = new TextDecoder("latin1").decode(bytes).indexOf("lenet.crc32");
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 8 * bytes.length - 1 }), (bit) => {
      fc.pre((bit >> 3) < nameStart || (bit >> 3) >= nameStart + "lenet.crc32".length);
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      // a space of the padding behind the header may become another kind of white space
      const isPadding = bit >> 3 < 8 + headerLength && bytes[bit >> 3] === 0x20;
      try {
        assert.deepEqual(decodeSafetensors(flipped, "w.bin"), decodeSafetensors(bytes));
        assert(isPadding, `bit ${bit} was not noticed`);
      } catch (error) {
        assert(error instanceof ModelFileError, String(error));
        assert(error.message.startsWith("w.bin is not a usable"), error.message);
      }
    }),
    { numRuns: 1200 },
  );
});

Deno.test("NaN and infinity are neither saved nor loaded", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/w.safetensors`;
  for (const value of [NaN, Infinity]) {
    const broken = initialWeights(perceptron, "lecun", 0);
    broken["hidden.weight"]!.data[7] = value;
    const where = `hidden.weight[7] is ${value}`;
    await assertRejects(() => saveWeights(path, broken), RangeError, `${path}: ${where}`);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    await Deno.writeFile(path, encodeSafetensors(broken));
    await assertRejects(
      () => loadWeights(path),
      ModelFileError,
      `${path} is not a usable safetensors file: ${where}`,
    );
    await Deno.remove(path);
  }
  await Deno.remove(folder, { recursive: true });
});

/** Headers that are right in parts: wrong types, huge sizes, and any JSON in between. */
const forgedHeaders = fc.dictionary(
  fc.oneof(fc.constantFrom("a", "b", "__metadata__", "__proto__"), fc.string()),
  fc.oneof(
    fc.record({
      dtype: fc.constantFrom<unknown>("F32", "I32", "I8", "F64", null, 1, {}),
      shape: fc.oneof(
        fc.array(fc.oneof(fc.nat(5), fc.double(), fc.constantFrom(2 ** 31, 2 ** 53, -1)), {
          maxLength: 4,
        }),
        fc.jsonValue(),
      ),
      data_offsets: fc.oneof(fc.array(fc.nat(40), { maxLength: 3 }), fc.jsonValue()),
    }, { requiredKeys: [] }),
    fc.jsonValue(),
  ),
);

Deno.test("forged headers and random bytes give arrays no larger than the file, or a ModelFileError", () => {
  const tried = { read: 0, refused: 0 };
  const attempt = (bytes: Uint8Array) => {
    try {
      const { arrays } = decodeArrays(bytes, "w.bin");
      const held = Object.values(arrays).reduce((sum, { data }) => sum + data.byteLength, 0);
      assert(held <= bytes.length, `${held} bytes from a file of ${bytes.length}`);
      for (const { shape, data } of Object.values(arrays)) {
        assert.deepEqual(shape.reduce((product, side) => product * side, 1), data.length);
      }
      tried.read++;
    } catch (error) {
      assert(error instanceof ModelFileError, String(error));
      assert(error.message.startsWith("w.bin is not a usable"), error.message);
      tried.refused++;
    }
  };
  fc.assert(
    fc.property(forgedHeaders, fc.nat(48), (header, data) => attempt(forge(header, data))),
    {
      numRuns: 1200,
    },
  );
  const model = encodeChecked(initialWeights(perceptron, "lecun", 0));
  const change = fc.tuple(fc.nat(400), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(300), (changes, cut) => {
      const bytes = model.slice(0, cut % 3 === 0 ? model.length - cut : model.length);
      for (const [at, value] of changes) bytes[at] = value;
      attempt(bytes);
    }),
    { numRuns: 600 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), attempt), { numRuns: 300 });
  assert(tried.refused > 800, JSON.stringify(tried));
});
