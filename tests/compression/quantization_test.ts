/** int8: weights that are bytes, arithmetic in whole numbers, and results close to float32's. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertGreater, assertLess, assertRejects, assertThrows } from "../assert.ts";
import { activationCurve } from "../../lib/compression/quantization/quantized_activation.ts";
import { requantizeSum } from "../../lib/kernels/twins/int8_lanes_twin.ts";
import { calibrate } from "../../lib/compression/quantization/calibrate.ts";
import {
  decodeModel,
  encodeModel,
  loadModel,
  saveModel,
} from "../../lib/compression/quantization/quantized_model_file.ts";
import { openInt8 } from "../../lib/compression/quantization/int8_network.ts";
import { IntegerNetwork } from "../../lib/compression/quantization/integer_network.ts";
import { layerGroups, quantizeModel } from "../../lib/compression/quantization/quantized_model.ts";
import {
  dequantize,
  quantizeWeights,
  weightScales,
} from "../../lib/compression/quantization/quantize.ts";
import {
  fakeQuantize,
  trainQuantized,
} from "../../lib/compression/quantization/quantized_training.ts";
import { normalise } from "../../lib/pixels/pixels.ts";
import {
  activations,
  type Architecture,
  countClasses,
  lenet5,
} from "../../lib/model/architecture.ts";
import { earlyStopping } from "../../lib/systems/early_stopping.ts";
import { createSystem } from "../../lib/systems/create_system.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { Network } from "../../lib/systems/numpy/reference_network.ts";
import { encodeArrays, encodeSafetensors } from "../../lib/model/safetensors.ts";
import { maxWeightDifference } from "../../lib/model/weights.ts";
import { Rng } from "../../lib/util/rng.ts";
import {
  asBatches,
  maxDifference,
  perceptron,
  randomBatch,
  smallConvolutional,
} from "../systems/helpers.ts";

const architectures = [lenet5(), smallConvolutional, perceptron];
const normalisation = { mean: 117.25, std: 61.5 };
const granularities = ["tensor", "channel"] as const;

function randomBytes({ input }: Architecture, count: number): Uint8Array {
  const rng = new Rng(4);
  const length = count * input.channels * input.height * input.width;
  return Uint8Array.from({ length }, () => rng.int(256));
}

Deno.test("quantized weights are bytes, zero is exact, and none is off by more than half a step", () => {
  const arrays = fc.array(fc.float({ min: -4, max: 4, noNaN: true }), {
    minLength: 6,
    maxLength: 60,
  })
    .map((list) => Float32Array.from(list.slice(0, list.length - list.length % 3)));
  fc.assert(
    fc.property(arrays, fc.constantFrom(...granularities), (data, granularity) => {
      const array = { shape: [3, data.length / 3], data };
      const quantized = quantizeWeights(array, granularity);
      assert.deepEqual(quantized.values.BYTES_PER_ELEMENT, 1);
      assert(quantized.values.every((q) => q >= -127 && q <= 127));
      const back = dequantize(quantized);
      data.forEach((x, i) => {
        if (x === 0) assert.deepEqual(back[i], 0);
        const step = quantized.scales[Math.floor(3 * i / data.length)]!;
        assert(Math.abs(back[i]! - x) <= step * 0.5001, `${x} became ${back[i]}`);
      });
    }),
  );
});

Deno.test("per-channel scales are never coarser than the per-tensor scale", () => {
  const { data } = initialWeights(lenet5(), "pytorch", 1)["conv2.weight"]!;
  const channel = weightScales(data, 16, "channel"), tensor = weightScales(data, 16, "tensor");
  assert(channel.every((scale, i) => scale <= tensor[i]!));
  assert.deepEqual(new Set(tensor).size, 1);
  assert.deepEqual([...weightScales(new Float32Array(4), 2, "channel")], [1, 1]);
});

const functions = {
  tanh: Math.tanh,
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
  relu: (x: number) => Math.max(0, x),
};

Deno.test("activations are right to half a step, and reach ±127 but not further", () => {
  for (const kind of activations) {
    for (
      const range of { tanh: [1, 0.8, 0.05], sigmoid: [1, 0.8, 0.2], relu: [30, 1, 0.1] }[kind]
    ) {
      const curve = activationCurve(kind, range / 127);
      for (let sum = -9000; sum <= 9000; sum += 7) {
        const q = requantizeSum(sum, 1e-3, curve);
        const wanted = Math.min(127, functions[kind](sum / 1000) * 127 / range);
        const clamped = Math.max(-127, wanted);
        assert(Math.abs(q - clamped) <= 0.51, `${kind} ${sum / 1000} became ${q}, not ${wanted}`);
        if (kind === "tanh") assert.deepEqual(q + 0, -requantizeSum(-sum, 1e-3, curve) + 0);
      }
      const ends = [-1e6, 1e6].map((sum) => requantizeSum(sum, 1, curve) + 0);
      assert.deepEqual(ends, [kind === "tanh" ? -127 : 0, 127]);
      // zero is exact, which ReLU's silent units need
      if (kind !== "sigmoid") assert.deepEqual(requantizeSum(0, 1, curve), 0);
    }
  }
});

Deno.test("int8 agrees with float32 for ReLU and sigmoid after calibration, which ReLU needs", async () => {
  for (const kind of ["relu", "sigmoid"] as const) {
    const architecture = lenet5(10, { convActivation: kind, denseActivation: kind });
    const weights = initialWeights(architecture, "keras", 3), count = 60;
    const bytes = randomBytes(architecture, count);
    const images = normalise(bytes, normalisation);
    const batch = { size: count, images, labels: new Int32Array(count) };
    const found = await calibrate(architecture, weights, asBatches(batch));
    const model = quantizeModel(architecture, weights, normalisation, "channel", found);
    const float = new Network(architecture);
    float.setWeights(weights);
    const expected = float.forward(images, count).slice(0, count * 10);
    const logits = (await openInt8(model)).predict(bytes, count);
    const spread = Math.max(...expected) - Math.min(...expected);
    assertLess(maxDifference(logits, expected) / spread, 0.03, kind);
    const load = decodeModel(encodeModel(model));
    assert.deepEqual((await openInt8(load)).predict(bytes, count), logits);
  }
  const relu = lenet5(10, { convActivation: "relu" });
  assertThrows(
    () => quantizeModel(relu, initialWeights(relu, "keras", 3), normalisation, "channel"),
    RangeError,
    "relu after conv1 needs a range above 0, got Infinity",
  );
});

for (const granularity of granularities) {
  Deno.test(`per-${granularity}: logits stay close to float32's on three networks`, () => {
    for (const architecture of architectures) {
      const weights = initialWeights(architecture, "lecun", 2);
      const count = 40, classes = countClasses(architecture);
      const bytes = randomBytes(architecture, count);
      const float = new Network(architecture);
      float.setWeights(weights);
      const expected = float.forward(normalise(bytes, normalisation), count)
        .slice(0, count * classes);
      const model = quantizeModel(architecture, weights, normalisation, granularity);
      const logits = new IntegerNetwork(model).predict(bytes, count);
      const spread = Math.max(...expected) - Math.min(...expected);
      assertLess(maxDifference(logits, expected) / spread, 0.06, architecture.name);
      const best = (all: ArrayLike<number>, n: number) =>
        Array.from({ length: classes }, (_, c) => c)
          .reduce((a, b) => all[n * classes + b]! > all[n * classes + a]! ? b : a);
      let agree = 0;
      for (let n = 0; n < count; n++) agree += Number(best(logits, n) === best(expected, n));
      assertGreater(agree / count, 0.85, architecture.name);
    }
  });
}

Deno.test("weights that are added in 16 bits fit, however they are rounded", async () => {
  for (const architecture of architectures) {
    const weights = initialWeights(architecture, "pytorch", 6);
    const batch = randomBatch(architecture, countClasses(architecture), 12);
    const found = await calibrate(architecture, weights, asBatches(batch));
    for (const granularity of granularities) {
      for (const calibration of [{}, found]) {
        const model = quantizeModel(
          ...[architecture, weights, normalisation, granularity, calibration] as const,
        );
        const groups = layerGroups(architecture);
        for (const { name, weight, bias } of model.layers) {
          const each = weight.values.length / bias.length;
          for (let unit = 0; unit < bias.length; unit++) {
            for (const group of groups[name]!) {
              const values = group.map((tap) => weight.values[unit * each + tap]!);
              const [above, below] = [1, -1].map((sign) =>
                values.reduce((sum, q) => sum + Math.max(0, sign * q), 0)
              );
              // the largest input is 255
              assert(255 * above! <= 32767 && 255 * below! <= 32768, `${name}: ${values}`);
            }
          }
        }
      }
    }
  }
});

Deno.test("sums cannot overflow 32 bits, and lose no bit as float32", () => {
  for (const architecture of architectures) {
    const weights = initialWeights(architecture, "lecun", 2);
    const { layers } = quantizeModel(architecture, weights, normalisation, "channel");
    layers.forEach(({ weight, bias }, i) => {
      const each = weight.values.length / bias.length;
      bias.forEach((b, unit) => {
        const row = weight.values.subarray(unit * each, (unit + 1) * each);
        const sum = row.reduce((total, q) => total + Math.abs(q), 0) * (i === 0 ? 255 : 127);
        assertLess(sum + Math.abs(b), 2 ** 24);
      });
    });
  }
});

Deno.test("a bias is kept where its weights are zero or tiny beside it", async () => {
  const architecture = lenet5(10, { convActivation: "relu", denseActivation: "relu" });
  const layers = ["conv1", "conv2", "fc1", "fc3"], bias = 0.23;
  // activations that reach far have large steps: this bias is less than one
  const ranges = { conv1: 90, conv2: 90, fc1: 90, fc2: 90 }, bytes = randomBytes(architecture, 8);
  const batch = { size: 8, images: normalise(bytes, normalisation), labels: new Int32Array(8) };
  const ordinary = initialWeights(architecture, "lecun", 2);
  const { moments } = await calibrate(architecture, ordinary, asBatches(batch));
  for (const weight of [0, 1e-9, 1e-12]) {
    const weights = initialWeights(architecture, "lecun", 2);
    for (const layer of layers) {
      const { shape, data } = weights[`${layer}.weight`]!;
      data.fill(weight, 0, data.length / shape[0]!);
      weights[`${layer}.bias`]!.data[0] = bias;
    }
    for (const calibration of [{ ranges }, { ranges, moments }]) {
      const model = quantizeModel(architecture, weights, normalisation, "channel", calibration);
      for (const { name, weight: { values }, bias: sums, multipliers } of model.layers) {
        if (!layers.includes(name)) continue;
        const row = values.subarray(0, values.length / sums.length).reduce((a, q) => a + q, 0);
        const kept = sums[0]! + (name === "conv1" ? normalisation.mean * row : 0);
        assertLess(Math.abs(kept * multipliers[0]! - bias), 1e-6, `${name}, ${weight}`);
      }
      const read = decodeModel(encodeModel(model));
      assert.deepEqual(
        (await openInt8(read)).predict(bytes, 8),
        new IntegerNetwork(model).predict(bytes, 8),
      );
    }
  }
});

Deno.test("a bias out of scale is refused by name, when it is rounded and when it is written", () => {
  const weights = initialWeights(perceptron, "lecun", 2), [first] = Object.keys(weights);
  weights[first!.replace("weight", "bias")]!.data.fill(0.5);
  assertThrows(
    () => quantizeModel(perceptron, weights, { mean: 128, std: 1e48 }, "channel"),
    RangeError,
    "with bias 0.5, beside inputs in steps of 1e-48",
  );
  const model = quantizeModel(perceptron, weights, normalisation, "channel");
  model.layers[1]!.bias[2] = 2 ** 31 - 1;
  assertThrows(() => encodeModel(model), RangeError, "bias[2] is 2147483647");
  weights[first!.replace("weight", "bias")]!.data[1] = NaN;
  assertThrows(
    () => quantizeModel(perceptron, weights, normalisation, "channel"),
    RangeError,
    "with bias NaN",
  );
});

Deno.test("a model's file has at most 0.27 of float32's bytes and is read to the same bits", async () => {
  const folder = await Deno.makeTempDir();
  const weights = initialWeights(lenet5(), "pytorch", 3);
  const model = quantizeModel(lenet5(), weights, normalisation, "channel", {
    ranges: { fc1: 0.75 },
  });
  await saveModel(`${folder}/model.safetensors`, model);
  const loaded = await loadModel(`${folder}/model.safetensors`);
  assert.deepEqual(loaded, model);
  const bytes = randomBytes(lenet5(), 3);
  assert.deepEqual(
    new IntegerNetwork(loaded).predict(bytes, 3),
    new IntegerNetwork(model).predict(bytes, 3),
  );
  assertLess(encodeModel(model).length / encodeSafetensors(weights).length, 0.27);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("damaged and foreign files are refused by name", () => {
  const model = quantizeModel(
    perceptron,
    initialWeights(perceptron, "lecun", 1),
    normalisation,
    "tensor",
  );
  const bytes = encodeModel(model);
  assertThrows(() => decodeModel(bytes.slice(0, -1), "m.bin"), Error, "m.bin is not a usable");
  assertThrows(() => decodeModel(bytes.slice(0, 5), "m.bin"), Error, "m.bin is not a usable");
  const foreign = encodeSafetensors(initialWeights(perceptron, "lecun", 1));
  assertThrows(() => decodeModel(foreign, "m.bin"), Error, "its format is not named");
  const metadata = { format: "lenet int8, version 2", architecture: JSON.stringify(perceptron) };
  const refused = (text: string, ...args: Parameters<typeof encodeArrays>) =>
    assertThrows(() => decodeModel(encodeArrays(...args), "m.bin"), Error, text);
  refused("hidden.weight is missing", {}, metadata);
  refused("its header cannot be read", {}, { ...metadata, architecture: "{" });
  refused("its header cannot be read", {}, { ...metadata, architecture: "null" });
  const hidden = (shape: number[], data: Int8Array<ArrayBuffer>) => ({
    "hidden.weight": { shape, data },
  });
  refused("shape (9, 3), not (9, 30)", hidden([9, 3], new Int8Array(27)), metadata);
  const large = new Int8Array(270).fill(33); // four of them make 132
  refused("sums of hidden.weight do not stay within 16 bits", hidden([9, 30], large), metadata);
});

Deno.test("calibration finds how far activations reach, and is refused without images", async () => {
  const weights = initialWeights(lenet5(), "lecun", 2);
  const batches = asBatches(randomBatch(lenet5(), 50, 20));
  const { ranges, moments } = await calibrate(lenet5(), weights, batches);
  assert.deepEqual(
    Object.values(moments).map(({ length }) => length),
    [25, 150, 400, 120, 84],
  );
  assert.deepEqual(Object.keys(ranges), ["conv1", "conv2", "fc1", "fc2"]);
  assert(Object.values(ranges).every((range) => range > 0.3 && range <= 1));
  // the first layer's activations are known: pooled tanh of a convolution
  const network = new Network(lenet5());
  network.setWeights(weights);
  network.forward(randomBatch(lenet5(), 50, 20).images, 20);
  const largest = network.activations().map((values) =>
    Array.from(values, Math.abs).reduce((a, b) => Math.max(a, b), 0)
  );
  assert.deepEqual(Object.values(ranges), [...largest]);
  await assertRejects(() => calibrate(lenet5(), weights, asBatches()), RangeError, "needs images");
  const wide = randomBatch(perceptron, 3, 2), broken = randomBatch(lenet5(), 3, 2);
  broken.images[5] = NaN;
  for (
    const [batch, refused] of [
      [wide, "calibration batch 1: LeNet-5 takes images of 1×32×32"],
      [broken, "calibration batch 1: pixel 5 of image 0 is NaN"],
    ] as const
  ) {
    await assertRejects(() => calibrate(lenet5(), weights, asBatches(batch)), RangeError, refused);
  }
});

Deno.test("quantization-aware training changes the float weights that are rounded", async () => {
  const system = await createSystem("numpy", lenet5(), { seed: 1 });
  const before = await system.weights();
  const batch = randomBatch(lenet5(), 50, 32);
  const { weights, history } = await trainQuantized(system, "channel", asBatches(batch), {
    epochs: 60,
    optimizer: { kind: "adam", learningRate: 1e-3 },
  });
  assertLess(history.at(-1)!.loss, history[0]!.loss - 1);
  assertGreater(maxWeightDifference(weights, before), 1e-3);
  // the system holds what bytes can hold, and sums of 16 bits
  const groups = layerGroups(lenet5());
  assertLess(
    maxWeightDifference(await system.weights(), fakeQuantize(weights, "channel", groups)),
    1e-7,
  );
  assertGreater(maxWeightDifference(await system.weights(), weights), 1e-5);
  system.dispose();
});

Deno.test("quantization-aware training refuses what would see the rounded weights only", async () => {
  using system = await createSystem("numpy", perceptron, { seed: 1 });
  const batches = asBatches(randomBatch(perceptron, 3, 8));
  const options = { epochs: 1, optimizer: { kind: "adam", learningRate: 1e-3 } } as const;
  const before = await system.weights();
  for (
    const [key, value] of [
      ["callbacks", [earlyStopping({ patience: 4 })]],
      ["averaging", 0.9],
      ["resume", {}],
    ] as const
  ) {
    const train = () =>
      trainQuantized(system, "channel", batches, { ...options, [key]: value as never });
    await assertRejects(train, RangeError, `quantization-aware training takes no ${key}`);
  }
  assert.deepEqual(await system.weights(), before);
});

Deno.test("networks, weights and images that int8 cannot take are refused by name", () => {
  const unpooled: Architecture = {
    ...smallConvolutional,
    layers: smallConvolutional.layers.filter(({ kind }) => kind !== "maxpool"),
  };
  const weights = initialWeights(unpooled, "lecun", 1);
  assertThrows(
    () => quantizeModel(unpooled, weights, normalisation, "tensor"),
    RangeError,
    "small cannot be quantized: layer 0 is a convolution",
  );
  const own = initialWeights(perceptron, "lecun", 1), plural = "channels" as never;
  for (
    const quantize of [
      () => quantizeModel(perceptron, own, normalisation, plural),
      () => fakeQuantize(own, plural),
    ]
  ) assertThrows(quantize, RangeError, "the granularity must be tensor or channel, got channels");
  const broken = { shape: [1, 2], data: Float32Array.of(1, NaN) };
  assertThrows(() => quantizeWeights(broken, "tensor"), RangeError, "weight 1 is NaN");
  const model = quantizeModel(
    perceptron,
    initialWeights(perceptron, "lecun", 1),
    normalisation,
    "tensor",
  );
  assertThrows(
    () => new IntegerNetwork(model).predict(new Uint8Array(29), 1),
    RangeError,
    "29 given",
  );
});
