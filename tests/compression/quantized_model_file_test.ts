/** Damaged and forged files of int8 models are refused by name, before memory is spent on them. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertLess, assertRejects, assertThrows } from "../assert.ts";
import {
  decodeModel,
  encodeModel,
  loadModel,
  saveModel,
} from "../../lib/compression/quantization/quantized_model_file.ts";
import { quantizeModel } from "../../lib/compression/quantization/quantized_model.ts";
import { IntegerNetwork } from "../../lib/compression/quantization/integer_network.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { ModelFileError } from "../../lib/model/model_file_error.ts";
import { decodeArrays, encodeArrays, type TypedArrays } from "../../lib/model/safetensors.ts";
import { perceptron, smallConvolutional } from "../systems/helpers.ts";

const weights = initialWeights(perceptron, "lecun", 1);
const model = quantizeModel(perceptron, weights, { mean: 120, std: 60 }, "channel");
const { arrays, metadata } = decodeArrays(encodeModel(model));

/** The model's file with other arrays and metadata. */
function forge(
  changes: TypedArrays = {},
  texts: Readonly<Record<string, string | undefined>> = {},
): Uint8Array {
  const all = Object.entries({ ...metadata, ...texts }).filter(([, text]) => text !== undefined);
  return encodeArrays({ ...arrays, ...changes }, Object.fromEntries(all) as typeof metadata);
}

function assertRefused(bytes: Uint8Array, message: string): void {
  const error = assertThrows(() => decodeModel(bytes, "m.bin"), ModelFileError, message);
  assert(error.message.startsWith("m.bin is not a usable "), error.message);
}

const changed = (name: string, at: number, value: number): TypedArrays => {
  const { shape, data } = arrays[name]!;
  const copy = data.slice();
  copy[at] = value;
  return { [name]: { shape, data: copy } };
};

Deno.test("the file that the forged ones are made from is read as the model", () => {
  assert.deepEqual(decodeModel(forge()), model);
});

Deno.test("a small file that declares a huge image is refused before memory is allocated", () => {
  const declare = (height: number, width: number, base = perceptron) =>
    JSON.stringify({ ...base, input: { ...base.input, height, width } });
  const before = Deno.memoryUsage().rss;
  for (const base of [perceptron, smallConvolutional, lenet5()]) {
    for (const side of [100_000, 2 ** 31 - 1, 2 ** 40, 1e300]) {
      assertRefused(
        forge({}, { architecture: declare(side, side, base) }),
        "header cannot be read",
      );
    }
  }
  // the kernels could count to this one, and its weights are in the file, but not its image
  const pooled = Array.from({ length: 16 }, (_, i) => [
    { kind: "conv", name: `c${i}`, filters: 1, kernel: 1 },
    { kind: "tanh" },
    { kind: "maxpool", size: 2 },
  ]).flat();
  const deep = {
    name: "deep",
    input: { channels: 1, height: 2 ** 16, width: 2 ** 14 },
    layers: [...pooled.slice(0, 42), { kind: "flatten" }, { kind: "dense", name: "d", units: 1 }],
  };
  assertRefused(
    forge({}, { architecture: JSON.stringify(deep) }),
    "images of 1×65536×16384 are too",
  );
  // weights that the file does not hold are found missing before anything of their size is made
  assertRefused(
    forge({}, { architecture: declare(4000, 4000) }),
    "hidden.weight has shape (9, 30), not (9, 16000000)",
  );
  // the groups of weights that are checked take many times the memory of the weights
  const wide = { ...perceptron, input: { channels: 1, height: 512, width: 513 } };
  assertRefused(
    forge({ "hidden.weight": { shape: [9, 512 * 513], data: new Int8Array(9 * 512 * 513) } }, {
      architecture: JSON.stringify(wide),
    }),
    "hidden has 262656 inputs for each output, and 262144 are the most",
  );
  // 100,000 × 100,000 pixels would take 10 GB
  assertLess(Deno.memoryUsage().rss - before, 2 ** 28);
});

Deno.test("an architecture that is broken, or that int8 cannot compute, is refused", () => {
  const refused = (architecture: unknown, message: string) =>
    assertRefused(forge({}, { architecture: JSON.stringify(architecture) }), message);
  refused(null, "its header cannot be read: the architecture must be an object");
  refused(3, "its header cannot be read");
  refused({ ...perceptron, layers: [null] }, "layer 0 must be an object");
  refused({ ...perceptron, input: { toString: 1 } }, "unknown option toString");
  refused({ ...perceptron, layers: [{ kind: { toString: 1 } }] }, "unknown kind an object");
  refused({ ...perceptron, layers: [{ kind: "gelu" }] }, "the unknown kind gelu");
  refused({ ...perceptron, layers: perceptron.layers.slice(0, 3) }, "cannot be quantized");
  assertRefused(forge({}, { architecture: "{" }), "its header cannot be read");
  assertRefused(forge({}, { architecture: undefined }), "its header cannot be read");
  assertRefused(forge({}, { format: undefined }), "its format is not named");
  assertRefused(
    forge({}, { format: "lenet int8, version 1" }),
    "its format is lenet int8, version 1",
  );
});

Deno.test("arrays that are missing, too many, misshapen or of another kind are refused by name", () => {
  const { "hidden.scales": _, ...rest } = arrays;
  assertRefused(encodeArrays(rest, metadata), "hidden.scales is missing or of the wrong type");
  const scales = { shape: [1], data: new Float32Array(1) };
  assertRefused(forge({ "third.scales": scales }), "third.scales belongs to no layer");
  assertRefused(forge({ "hidden.scales": scales }), "hidden.scales has shape (1), not (9)");
  assertRefused(
    forge({ "hidden.bias": { shape: [9], data: new Float32Array(9) } }),
    "hidden.bias is missing or of the wrong type",
  );
  assertRefused(
    forge({ "hidden.weight": { shape: [30, 9], data: new Int8Array(270) } }),
    "hidden.weight has shape (30, 9), not (9, 30)",
  );
});

Deno.test("numbers that the kernels cannot compute with are refused by array and place", () => {
  for (
    const [value, text] of [[NaN, "NaN"], [Infinity, "Infinity"], [0, "0"], [-1, "-1"]] as const
  ) {
    for (const name of ["hidden.scales", "output.multipliers"]) {
      assertRefused(forge(changed(name, 4, value)), `${name}[4] is ${text}, and must be finite`);
    }
  }
  assertRefused(
    forge(changed("output.multipliers", 1, 2 ** 97)), // 2³¹ times as much is no finite float32
    `output.multipliers[1] is ${2 ** 97}, above ${2 ** 96}`,
  );
  assertRefused(forge(changed("hidden.weight", 7, -128)), "hidden.weight[7] is -128, below −127");
  assertRefused(
    forge(changed("output.bias", 2, -(2 ** 31))),
    "sums of output do not stay within 32 bits: output.bias[2] is -2147483648",
  );
  const large = new Int8Array(270).fill(33); // four of them make 132
  assertRefused(
    forge({ "hidden.weight": { shape: [9, 30], data: large } }),
    "sums of hidden.weight do not stay within 16 bits",
  );
  for (const granularity of ["row", "", undefined]) {
    assertRefused(forge({}, { granularity }), "neither tensor nor channel");
  }
  for (
    const outputScales of ["[1]", "[1,1,1]", "[1,0]", "[1,-1]", "[1,null]", "{}", "[", undefined]
  ) {
    assertRefused(forge({}, { outputScales }), "its outputScales must be 2 finite numbers above 0");
  }
});

Deno.test("loading finds a flipped bit in a saved model by its checksum, and names the file", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/m.safetensors`;
  await saveModel(path, model);
  assert.deepEqual(await loadModel(path), model);
  const bytes = await Deno.readFile(path);
  bytes[bytes.length - 1]! ^= 0x80; // the sign of a weight
  await Deno.writeFile(path, bytes);
  const error = await assertRejects(() => loadModel(path), ModelFileError, "its checksum");
  assert(error.message.startsWith(`${path} is not a usable`), error.message);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("cut, damaged and forged files give a model that runs or a ModelFileError", () => {
  const tried = { read: 0, refused: 0 };
  const attempt = (bytes: Uint8Array) => {
    let found: ReturnType<typeof decodeModel>;
    try {
      found = decodeModel(bytes, "m.bin");
    } catch (error) {
      assert(error instanceof ModelFileError, String(error));
      assert(error.message.startsWith("m.bin is not a usable "), error.message);
      tried.refused++;
      return;
    }
    tried.read++;
    const { channels, height, width } = found.architecture.input;
    const logits = new IntegerNetwork(found).predict(new Uint8Array(channels * height * width), 1);
    assert(logits.every(Number.isFinite));
  };
  const bytes = encodeModel(model);
  for (let length = 0; length < bytes.length; length += 7) attempt(bytes.slice(0, length));
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const flipped = bytes.slice();
      for (const [at, value] of changes) flipped[at] = value;
      attempt(flipped);
    }),
    { numRuns: 600 },
  );
  const text = fc.oneof(fc.json(), fc.string(), fc.constant(undefined));
  const size = fc.oneof(fc.nat(9), fc.constantFrom(100_000, 2 ** 31, 2 ** 53, -1, 0.5, "1", null));
  const layer = fc.record({
    kind: fc.constantFrom("conv", "dense", "flatten", "tanh", "maxpool", "gelu", 1),
    name: fc.constantFrom("hidden", "output", "", "__proto__", 1),
    units: size,
    filters: size,
    kernel: size,
    size,
  }, { requiredKeys: ["kind"] });
  const architecture = fc.record({
    name: fc.constantFrom("forged", "", null),
    input: fc.oneof(fc.record({ channels: size, height: size, width: size }), fc.jsonValue()),
    layers: fc.oneof(fc.array(layer, { maxLength: 5 }), fc.constant(perceptron.layers)),
  }).map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(
      fc.record({
        architecture: fc.oneof(architecture, text),
        granularity: text,
        outputScales: text,
      }, {
        requiredKeys: [],
      }),
      (texts) => attempt(forge({}, texts)),
    ),
    { numRuns: 600 },
  );
  assert(tried.refused > 500, JSON.stringify(tried));
});
