/** A classifier's file: what is written is read, and what is forged is refused before memory is spent. */
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "../fast_check.ts";
import { assertLess, assertRejects, assertThrows } from "../assert.ts";
import {
  decodeClassifier,
  encodeClassifier,
  loadClassifier,
  saveClassifier,
} from "../../lib/classifier/classifier_file.ts";
import { Classifier } from "../../lib/classifier/classifier.ts";
import { architectureOf } from "../../lib/classifier/classifier_model.ts";
import { encodeModel } from "../../lib/compression/quantization/quantized_model_file.ts";
import { ModelFileError } from "../../lib/model/model_file_error.ts";
import {
  decodeArrays,
  encodeArrays,
  encodeSafetensors,
  type TypedArrays,
} from "../../lib/model/safetensors.ts";
import { perceptron } from "../systems/helpers.ts";
import { all, float, int8, sparse, sparseInt8 } from "./classifiers.ts";

type Texts = Readonly<Record<string, string | undefined>>;

/** A classifier's file with other arrays and texts; undefined takes one away. */
function forge(
  model = float,
  arrays: Readonly<Record<string, TypedArrays[string] | undefined>> = {},
  texts: Texts = {},
): Uint8Array {
  const file = decodeArrays(encodeClassifier(model));
  const there = ([, value]: [string, unknown]) => value !== undefined;
  const merged = Object.entries({ ...file.arrays, ...arrays }).filter(there);
  const metadata = Object.entries({ ...file.metadata, ...texts }).filter(there);
  return encodeArrays(
    Object.fromEntries(merged) as TypedArrays,
    Object.fromEntries(metadata) as Record<string, string>,
  );
}

function assertRefused(bytes: Uint8Array, message: string): void {
  const error = assertThrows(() => decodeClassifier(bytes, "c.bin"), ModelFileError, message);
  assert(error.message.startsWith("c.bin is not a usable "), error.message);
}

for (const [name, model] of Object.entries(all)) {
  Deno.test(`${name}: the file holds all of the classifier, to the bit`, () => {
    const found = decodeClassifier(encodeClassifier(model));
    const { network, ...rest } = model;
    const { network: read, ...others } = found;
    assert.deepEqual({ notes: {}, ...rest }, others);
    if (read.numbers === "int8" && network.numbers === "int8") {
      for (const [i, { curve: _, ...layer }] of read.model.layers.entries()) {
        assert.deepEqual(layer, network.model.layers[i]);
      }
    } else assert.deepEqual(read, network);
    assert.deepEqual(encodeClassifier(found), encodeClassifier(model));
  });
}

Deno.test("a pruned network takes fewer bytes, in float32 and in int8", () => {
  const stored = (model = float) =>
    Object.values(decodeArrays(encodeClassifier(model)).arrays)
      .reduce((sum, { data }) => sum + data.byteLength, 0);
  // 324 weights, of which 130 are left: 41 bytes of bits and the weights, beside the rest
  assertLess(stored(sparse), 0.5 * stored(float));
  assertLess(stored(sparseInt8), 0.75 * stored(int8));
  assert("hidden.weight.bits" in decodeArrays(encodeClassifier(sparse)).arrays);
});

Deno.test("files of another version, or of no classifier, are refused with what to do", () => {
  const format = (text: string | undefined) => forge(float, {}, { format: text });
  assertRefused(format("lenet classifier, version 2"), "it has version 2 of the format");
  assertRefused(format(undefined), "its format is not named");
  assertRefused(format("constructor"), "its format is constructor");
  const { network } = float;
  assert(network.numbers === "float32");
  assertRefused(encodeSafetensors(network.weights), "it holds weights alone, perhaps; saveClass");
  assert(int8.network.numbers === "int8");
  assertRefused(encodeModel(int8.network.model), "its format is lenet int8, version 2");
  assertRefused(new Uint8Array([0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0]), "it is a zip archive");
  assertRefused(forge(float, {}, { numbers: "float16" }), "its numbers are float16");
});

Deno.test("parts that do not belong together are refused by name", () => {
  const texts = (changes: Texts, model = float) => forge(model, {}, changes);
  assertRefused(texts({ classes: '["a"]' }), "a list of 6 names, one for each of the network's");
  assertRefused(texts({ classes: '["a","b","c","","e","f"]' }), "class 3 has no name");
  assertRefused(texts({ classes: '{"length":6}' }), "the classes must be a list of 6 names");
  assertRefused(texts({ classes: undefined }), "its text classes is missing");
  assertRefused(texts({ classes: "[" }), "its text classes is no JSON");
  assertRefused(texts({ notes: '{"a":1}' }), "its note a is no text");
  const preprocessing = { ...float.preprocessing };
  const changed = (changes: object) => ({
    preprocessing: JSON.stringify({ ...preprocessing, ...changes }),
  });
  assertRefused(texts(changed({ width: 6 })), "makes images of 1×6×6, and perceptron takes 1×6×5");
  assertRefused(texts(changed({ colour: true })), "makes images of 3×6×5");
  assertRefused(texts(changed({ filter: "bicubic" })), 'filter must be "opencv" or');
  assertRefused(texts(changed({ blur: 1 })), "unknown option blur");
  assertRefused(texts({ preprocessing: "null" }), "its text preprocessing is no JSON object");
  assertRefused(texts({ normalisation: '{"mean":0,"std":0}' }), "the std must be a finite number");
  assertRefused(texts({ normalisation: '{"mean":null,"std":1}' }), "the mean must be");
  assertRefused(texts({ normalisation: "3" }), "its text normalisation is no JSON object");
  assertRefused(texts({ architecture: "null" }), "the architecture must be an object");
});

Deno.test("what a classifier cannot hold is refused before anything is written", () => {
  const { network } = float;
  assert(network.numbers === "float32");
  const each = [network.normalisation] as unknown as typeof network.normalisation;
  assertThrows(
    () => encodeClassifier({ ...float, network: { ...network, normalisation: each } }),
    RangeError,
    "one normalisation for all channels",
  );
  assertThrows(() => encodeClassifier({ ...float, classes: ["a"] }), RangeError, "6 names");
});

Deno.test("arrays that are missing, too many, misshapen or broken are refused by name", () => {
  const array = (data: TypedArrays[string]["data"], shape = [data.length]) => ({ shape, data });
  const refused = (name: string, changed: TypedArrays[string] | undefined, message: string) =>
    assertRefused(forge(float, { [name]: changed }), message);
  refused("hidden.bias", undefined, "hidden.bias is missing");
  refused("third.bias", array(new Float32Array(1)), "third.bias belongs to no layer");
  refused("hidden.bias", array(new Float32Array(8)), "hidden.bias must have shape (9), got (8)");
  refused("hidden.bias", array(new Int32Array(9)), "hidden.bias is not F32");
  refused("output.bias", array(Float32Array.of(0, 0, NaN, 0, 0, 0)), "output.bias[2] is NaN");
  const pruned = (name: string, changed: TypedArrays[string] | undefined, message: string) =>
    assertRefused(forge(sparse, { [`hidden.weight.${name}`]: changed }), message);
  const { arrays } = decodeArrays(encodeClassifier(sparse));
  const values = arrays["hidden.weight.values"]!, bits = arrays["hidden.weight.bits"]!;
  pruned("values", undefined, "hidden.weight.values is missing");
  pruned("bits", array(new Uint8Array(33)), "one bit for each of 270 numbers");
  pruned("bits", array(new Uint8Array(34)), "hidden.weight.bits has 0 bits for 108 numbers");
  pruned("bits", array(new Uint8Array(34).fill(255)), "hidden.weight.bits has bits without a");
  pruned("values", array(new Int32Array(108)), "hidden.weight.values must be F32 or I8");
  pruned("values", array(new Int8Array(108)), "hidden.weight is not F32");
  const last = { ...bits, data: bits.data.slice() };
  last.data[33]! |= 0x80; // the 272nd of 270 numbers
  pruned("bits", last, "hidden.weight.bits has bits without a number");
  const both = { "hidden.weight": array(new Float32Array(270), [9, 30]) };
  assertRefused(forge(sparse, both), "hidden.weight is stored twice");
  assert.equal(values.data.length, 108);
  assertRefused(forge(sparse, {}, { sparse: '{"hidden.weight":[9.5]}' }), "its text sparse");
  assertRefused(forge(sparse, {}, { sparse: "[" }), "its text sparse");
});

Deno.test("int8 activations with another formula than their own are refused", () => {
  const { arrays } = decodeArrays(encodeClassifier(int8));
  const curve = arrays["hidden.curve"]!;
  const change = (at: number, value: number) => {
    const data = curve.data.slice();
    data[at] = value;
    return forge(int8, { "hidden.curve": { shape: curve.shape, data } });
  };
  for (const value of [NaN, Infinity, 0, 1e6]) {
    assertRefused(change(0, value), "hidden.curve is not the curve of tanh");
  }
  assertRefused(forge(int8, { "hidden.curve": undefined }), "hidden.curve is missing");
  assertRefused(forge(int8, { "output.curve": curve }), "output.curve belongs to no layer with an");
  // another engine's atanh may differ in the last bit, and then the file's number counts
  const near = curve.data[6]! * (1 + 2 ** -22);
  const found = decodeClassifier(change(6, near));
  assert(found.network.numbers === "int8");
  assert.equal(found.network.model.layers[0]!.curve![6], Math.fround(near));
});

Deno.test("a small file that declares large things is refused before memory is allocated", () => {
  const before = Deno.memoryUsage().rss;
  for (const model of [float, int8]) {
    for (const side of [5000, 100_000, 2 ** 31 - 1, 1e300]) {
      const input = { channels: 1, height: side, width: side };
      const architecture = JSON.stringify({ ...perceptron, input });
      assertRefused(forge(model, {}, { architecture }), "");
    }
  }
  const conv = { kind: "conv", name: "c", filters: 2, kernel: 1, padding: 2000 };
  const layers = [conv, ...perceptron.layers];
  const wide = JSON.stringify({ ...perceptron, layers });
  assertRefused(forge(float, {}, { architecture: wide }), "the output of layer 0 has");
  assertRefused(forge(sparse, {}, { sparse: '{"hidden.weight":[1e9,8]}' }), "one bit for each");
  assertLess(Deno.memoryUsage().rss - before, 2 ** 27);
});

Deno.test("a file that exists, is damaged, missing or no file is told by its path", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "c.safetensors");
    await saveClassifier(path, int8);
    assert.deepEqual(await Deno.readFile(path), encodeClassifier(int8));
    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 1]! ^= 0x40;
    await Deno.writeFile(path, bytes);
    const error = await assertRejects(() => loadClassifier(path), ModelFileError, "its checksum");
    assert(error.message.startsWith(path), error.message);
    for (const other of [folder, join(folder, "none")]) {
      await assertRejects(() => loadClassifier(other), ModelFileError, other);
    }
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["c.safetensors"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("cut, damaged and forged files give a classifier that answers, or a ModelFileError", async () => {
  const tried = { read: 0, refused: 0 };
  const attempt = async (bytes: Uint8Array) => {
    let found: ReturnType<typeof decodeClassifier>;
    try {
      found = decodeClassifier(bytes, "c.bin");
    } catch (error) {
      assert(error instanceof ModelFileError, String((error as Error).stack));
      assert(error.message.startsWith("c.bin is not a usable "), error.message);
      tried.refused++;
      return;
    }
    tried.read++;
    const { channels, height, width } = architectureOf(found).input;
    if (found.network.numbers === "float32" && tried.read % 20 > 0) return; // opening takes a while
    using classifier = await Classifier.open(found, {
      ...found.network.numbers === "float32" && { threads: 1 },
    });
    const logits = await classifier.logits(new Uint8Array(channels * height * width), 1);
    assert.equal(logits.length, found.classes.length);
  };
  for (const model of [float, sparse, int8, sparseInt8]) {
    const file = decodeArrays(encodeClassifier(model));
    const bytes = encodeArrays(file.arrays, file.metadata); // no checksum stands in the way
    for (let length = 0; length < bytes.length; length += 97) await attempt(bytes.slice(0, length));
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const flipped = bytes.slice();
        for (const [at, value] of changes) flipped[at] = value;
        await attempt(flipped);
      }),
      { numRuns: 200 },
    );
    const text = fc.oneof(fc.json(), fc.string(), fc.constant(undefined));
    const part = fc.oneof(
      fc.constantFrom(...Object.keys(file.metadata)),
      fc.constantFrom("sparse", "classes", "preprocessing"),
    );
    await fc.assert(
      fc.asyncProperty(part, text, (name, value) => attempt(forge(model, {}, { [name]: value }))),
      { numRuns: 200 },
    );
  }
  assert(tried.refused > 1000 && tried.read > 50, JSON.stringify(tried));
});
