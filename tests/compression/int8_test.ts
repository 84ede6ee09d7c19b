/** The int8 kernels give the same bits as the readable reference, whatever the network. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertThrows } from "../assert.ts";
import { IntegerNetwork } from "../../lib/compression/quantization/integer_network.ts";
import { openInt8 } from "../../lib/compression/quantization/int8_network.ts";
import {
  layerGroups,
  type QuantizedModel,
  quantizeModel,
} from "../../lib/compression/quantization/quantized_model.ts";
import {
  int8x4Step,
  packedConvInputs,
  packedDenseInputs,
} from "../../lib/compression/quantization/packed_int8.ts";
import type { Architecture, Layer } from "../../lib/model/architecture.ts";
import { activations, lenet5, parameterShapes } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { planQuantized } from "../../lib/compression/quantization/plan_quantized.ts";
import { Rng } from "../../lib/util/rng.ts";
import { builds } from "../../tasks/kernels.ts";
import { perceptron, smallConvolutional } from "../systems/helpers.ts";

const normalisation = { mean: 117.25, std: 61.5 };

function randomBytes({ input }: Architecture, count: number, seed = 4): Uint8Array {
  const rng = new Rng(seed);
  const length = count * input.channels * input.height * input.width;
  return Uint8Array.from({ length }, () => rng.int(256));
}

async function assertSameBits(model: QuantizedModel, images: Uint8Array, count: number) {
  const expected = new IntegerNetwork(model).predict(images, count);
  for (const build of builds) {
    const network = await openInt8(model, build);
    assert.deepEqual(network.name, `kernels (${build})`);
    assert.deepEqual(network.predict(images, count), expected);
    // one image goes another way through the kernels
    const { classes } = network;
    assert.deepEqual(network.predict(images, 1), expected.slice(0, classes));
  }
}

Deno.test("kernels and reference agree to the bit on LeNet-5 and two other networks", async () => {
  for (const architecture of [lenet5(), smallConvolutional, perceptron]) {
    const weights = initialWeights(architecture, "pytorch", 5);
    for (const granularity of ["tensor", "channel"] as const) {
      const model = quantizeModel(architecture, weights, normalisation, granularity, {
        ranges: { conv1: 0.7, fc1: 0.9 },
      });
      await assertSameBits(model, randomBytes(architecture, 21), 21);
    }
  }
});

/** Networks of up to two convolutions and two dense layers. */
const architectures = fc.record({
  channels: fc.integer({ min: 1, max: 5 }),
  filters: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 2 }),
  kernels: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 2 }),
  output: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  units: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 3 }),
  kinds: fc.array(fc.constantFrom(...activations), { minLength: 5, maxLength: 5 }),
}).map(({ channels, filters, kernels, output, units, kinds }): Architecture => {
  let [height, width] = output;
  filters.forEach((_, i) => {
    const kernel = kernels[filters.length - 1 - i]!;
    [height, width] = [2 * height + kernel - 1, 2 * width + kernel - 1];
  });
  const layers: Layer[] = filters.flatMap((count, i): Layer[] => [
    { kind: "conv", name: `conv${i}`, filters: count, kernel: kernels[i]! },
    { kind: kinds[i]! },
    { kind: "maxpool", size: 2 },
  ]);
  layers.push({ kind: "flatten" });
  units.forEach((count, i) => {
    if (i > 0) layers.push({ kind: kinds[1 + i]! });
    layers.push({ kind: "dense", name: `dense${i}`, units: count });
  });
  return { name: "random", input: { channels, height, width }, layers };
});

Deno.test("they agree to the bit on networks of random shapes and one to nineteen images", async () => {
  await fc.assert(
    fc.asyncProperty(
      architectures,
      fc.integer({ min: 1, max: 19 }),
      fc.integer({ min: 1, max: 1000 }),
      async (architecture, count, seed) => {
        const weights = initialWeights(architecture, "pytorch", seed);
        const names = Object.keys(layerGroups(architecture));
        const ranges = Object.fromEntries(
          names.map((name, i) => [name, 0.6 + 0.3 * (seed + i) % 2]),
        );
        const model = quantizeModel(architecture, weights, normalisation, "channel", { ranges });
        await assertSameBits(model, randomBytes(architecture, count, seed), count);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("sums of 16 bits do not overflow with white images and the largest weights", async () => {
  for (const sign of [1, -1]) {
    for (const architecture of [lenet5(), smallConvolutional, perceptron]) {
      const model = quantizeModel(
        architecture,
        initialWeights(architecture, "pytorch", 1),
        normalisation,
        "channel",
      );
      const groups = layerGroups(architecture);
      for (const { name, weight, bias } of model.layers) {
        const each = weight.values.length / bias.length;
        for (const group of groups[name]!) {
          // 127 and 1, or 64 and 64: in either case 128, the most that is allowed
          for (let unit = 0; unit < bias.length; unit++) {
            const most = group.length === 1 ? [127] : unit % 2 ? [127, 1] : [64, 64];
            group.forEach((tap, i) => weight.values[unit * each + tap] = sign * (most[i] ?? 0));
          }
        }
      }
      const images = new Uint8Array(randomBytes(architecture, 9).length).fill(255);
      await assertSameBits(model, images, 9);
    }
  }
});

Deno.test("packed inputs hold every weight of a filter or unit once", () => {
  for (const architecture of [lenet5(), smallConvolutional, perceptron]) {
    const { convs, denses } = planQuantized(architecture);
    const shapes = Object.fromEntries(parameterShapes(architecture).map((p) => [p.name, p.shape]));
    for (const stage of [...convs, ...denses]) {
      const packed = "kernel" in stage ? packedConvInputs(stage) : packedDenseInputs(stage);
      const [, ...rest] = shapes[`${stage.name}.weight`]!;
      const each = rest.reduce((product, side) => product * side, 1);
      const taps = packed.flatMap(({ taps }) => taps).filter((tap) => tap >= 0);
      assert.deepEqual(taps.toSorted((a, b) => a - b), Array.from({ length: each }, (_, i) => i));
      assert(packed.every(({ taps }) => taps.length === 4));
    }
  }
  assert.deepEqual([1, 2, 3, 4, 6, 8].map(int8x4Step), [1, 2, 1, 4, 2, 4]);
});

Deno.test("where the kernels cannot run, the reference computes and its name says so", async () => {
  const model = quantizeModel(
    perceptron,
    initialWeights(perceptron, "lecun", 1),
    normalisation,
    "channel",
  );
  const { validate } = WebAssembly;
  try {
    WebAssembly.validate = () => false;
    assert.deepEqual((await openInt8(model)).name, "reference: no WebAssembly's relaxed SIMD");
  } finally {
    WebAssembly.validate = validate;
  }
  const network = await openInt8(model);
  assertThrows(() => network.predict(new Uint8Array(29), 1), RangeError, "29 given");
});
