import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  decodeSafetensors,
  encodeSafetensors,
  loadWeights,
  saveWeights,
} from "../../lib/model/safetensors.ts";
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

Deno.test("any arrays and metadata come back as they were", () => {
  fc.assert(fc.property(arrays, fc.string(), (weights, note) => {
    const file = decodeSafetensors(encodeSafetensors(weights, { note }));
    assertEquals({ ...file.weights }, { ...weights });
    assertEquals(file.metadata.note, note);
  }));
});

Deno.test("a state dict that PyTorch saved is read", async () => {
  const { weights } = await loadWeights(fixtures.weights);
  for (const { name, shape } of parameterShapes(lenet5())) {
    assertEquals(weights[name]!.shape, shape);
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

Deno.test("what is no safetensors file is refused with a reason", () => {
  const text = new TextEncoder().encode("PK\u0003\u0004 something else altogether");
  assertThrows(() => decodeSafetensors(text, "m.zip"), Error, "m.zip is not a usable");
  const half = encodeSafetensors({ w: { shape: [1], data: new Float32Array(1) } });
  const swapped = new TextDecoder().decode(half).replace("F32", "F16");
  assertThrows(
    () => decodeSafetensors(new TextEncoder().encode(swapped)),
    Error,
    "w is F16; read are F32, I32, I8",
  );
});

Deno.test("saving is whole or not at all, and replaces what stood there", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/new/model.safetensors`;
  await saveWeights(path, initialWeights(perceptron, "lecun", 0));
  const weights = initialWeights(perceptron, "lecun", 1);
  await saveWeights(path, weights, { seed: "1" });
  assertEquals((await loadWeights(path)).weights, weights);
  assertEquals([...Deno.readDirSync(`${folder}/new`)].length, 1);
  await Deno.mkdir(`${folder}/taken.safetensors/full`, { recursive: true });
  await assertRejects(() => saveWeights(`${folder}/taken.safetensors`, weights));
  assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
    "new",
    "taken.safetensors",
  ]);
  await Deno.remove(folder, { recursive: true });
});
