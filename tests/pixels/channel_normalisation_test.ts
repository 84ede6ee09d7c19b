import assert from "node:assert/strict";
import { assertAlmostEquals, assertLess, assertThrows } from "../assert.ts";
import { checkNormalisation } from "../../lib/classifier/classifier_model.ts";
import { quantizeModel } from "../../lib/compression/quantization/quantized_model.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { DataLoader } from "../../lib/pixels/loader.ts";
import { channelNormalisation, normalisation } from "../../lib/pixels/normalisation.ts";
import type { Normalisation, PixelSet } from "../../lib/pixels/pixels.ts";
import { createSystem, type SystemOptions } from "../../lib/systems/create_system.ts";
import type { SystemName } from "../../lib/systems/system.ts";
import { Rng } from "../../lib/util/rng.ts";
import { maxDifference, smallConvolutional } from "../systems/helpers.ts";

const { input } = smallConvolutional, plane = input.height * input.width;
const rng = new Rng(2), length = 7;
/** The channels have levels around 40, 120 and 200. */
const pixels = Uint8Array.from(
  { length: length * 3 * plane },
  (_, i) => 30 + 80 * (Math.floor(i / plane) % 3) + rng.int(20 * (1 + Math.floor(i / plane) % 3)),
);
const set: PixelSet = {
  ...{ length, ...input, pixels, key: "colours" },
  labels: Int32Array.from({ length }, (_, i) => i % 4),
  get: (index) => pixels.subarray(index * 3 * plane, (index + 1) * 3 * plane),
};
const settings = { batchSize: 4, shuffle: true, seed: 1, augmentation: { mirror: true } };

Deno.test("with a normalisation of its own each channel has mean 0 and std 1", async () => {
  const loader = new DataLoader(set, { batchSize: 7, normalisation: channelNormalisation(set) });
  for await (const { images, normalisation } of loader) {
    assert.equal(normalisation, undefined);
    for (let c = 0; c < 3; c++) {
      const own = images.filter((_, i) => Math.floor(i / plane) % 3 === c);
      const mean = own.reduce((sum, x) => sum + x, 0) / own.length;
      const square = own.reduce((sum, x) => sum + x * x, 0) / own.length;
      assertAlmostEquals(mean, 0, 1e-5);
      assertAlmostEquals(square, 1, 1e-5);
    }
  }
});

Deno.test("the same normalisation for each channel is that of all", async () => {
  const one = normalisation(set);
  const [all, each] = [one, [one, one, one]].map((normalisation) =>
    new DataLoader(set, { ...settings, normalisation })
  );
  const expected = await Array.fromAsync(all!, ({ images }) => images);
  assert.deepEqual(await Array.fromAsync(each!, ({ images }) => images), expected);
});

Deno.test("all systems learn from images with a normalisation for each channel", async () => {
  const systems: [SystemName, SystemOptions][] = [
    ["numpy", { engine: "reference" }],
    ["numpy", {}],
    ["torch", {}],
    ["keras", {}],
  ];
  const found: number[][] = [];
  for (const [name, options] of systems) {
    using system = await createSystem(name, smallConvolutional, options);
    await system.setWeights(initialWeights(smallConvolutional, "lecun", 1));
    await system.fit(
      new DataLoader(set, { ...settings, normalisation: channelNormalisation(set) }),
      {
        epochs: 2,
        optimizer: { kind: "sgd", learningRate: 0.05, momentum: 0.9 },
      },
    );
    found.push(Object.values(await system.weights()).flatMap(({ data }) => [...data]));
  }
  for (const weights of found) assertLess(maxDifference(weights, found[0]!), 1e-5);
});

Deno.test("normalisations of another number than the channels, or without a std, are refused", () => {
  const one = { mean: 1, std: 2 };
  assertThrows(
    () => new DataLoader(set, { normalisation: [one] }),
    RangeError,
    "images of 3 channels need as many normalisations, got 1",
  );
  assertThrows(
    () => new DataLoader(set, { normalisation: [one, { mean: 1, std: 0 }, one] }),
    RangeError,
    "a std over 0, got 1 and 0",
  );
});

Deno.test("int8 and a classifier refuse a normalisation for each channel by name", () => {
  const each = channelNormalisation(set) as unknown as Normalisation;
  const weights = initialWeights(smallConvolutional, "lecun", 1);
  assertThrows(
    () => quantizeModel(smallConvolutional, weights, each, "channel"),
    RangeError,
    "an int8 network has one normalisation for all channels, not one for each",
  );
  assertThrows(() => checkNormalisation(each), RangeError, "a classifier has one normalisation");
});
