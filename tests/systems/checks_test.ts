/** Bad input that used to pass without an error is refused, and the error names it. */
import assert from "node:assert/strict";
import { assertRejects, assertThrows } from "../assert.ts";
import { type Batch, ByteBatch } from "../../lib/pixels/pixels.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { checkFit } from "../../lib/systems/check_fit.ts";
import { createSystem, systemNames } from "../../lib/systems/create_system.ts";
import { predictAll } from "../../lib/systems/evaluate.ts";
import type { Batches, FitOptions, System, SystemName } from "../../lib/systems/system.ts";
import { asBatches, perceptron, randomBatch, smallConvolutional } from "./helpers.ts";
import { BATCH_CHECKED, CHECKED, untyped } from "./checked.ts";

const adam = { kind: "adam", learningRate: 1e-3 } as const;
const once: FitOptions = { epochs: 1, optimizer: adam };

/** Defines a test for each system, and for both engines of numpy, on a fresh system. */
function testEach(
  names: readonly SystemName[],
  title: string,
  architecture: Parameters<typeof createSystem>[1],
  check: (system: System) => Promise<unknown>,
): void {
  for (const name of names) {
    for (const engine of name === "numpy" ? ["kernels", "reference"] as const : [undefined]) {
      const system = engine ? `${name} (${engine})` : name;
      Deno.test(`${system}: ${title}`, async () => {
        const system = await createSystem(name, architecture, engine ? { engine } : {});
        try {
          await check(system);
        } finally {
          system.dispose();
        }
      });
    }
  }
}

testEach(
  CHECKED,
  "an unknown optimizer, or one with an unknown option, is refused before anything is trained",
  perceptron,
  async (system) => {
    const cases = [
      [
        { kind: "rmsprop", learningRate: 1e-3 },
        "no optimizer named rmsprop; there are adam and sgd",
      ],
      [{ kind: "toString", learningRate: 1e-3 }, "no optimizer named toString"],
      [{ learningRate: 1e-3 }, "no optimizer named undefined"],
      [undefined, "no optimizer named undefined"],
      [{ ...adam, momentum: 0.9 }, "the optimizer has the unknown option momentum; adam has kind"],
      [{ ...adam, lr: 1 }, "the optimizer has the unknown option lr"],
      [{ kind: "sgd", learningRate: 1, momentum: 0, nesterov: true }, "unknown option nesterov"],
      [{ kind: "sgd", learningRate: 1, momentum: 0, weightDecay: 1 }, "unknown option weightDecay"],
      [{ kind: "sgd", learningRate: 1 }, "momentum must be in [0, 1), got undefined"],
      [{ kind: "sgd", learningRate: 1, momentum: 1 }, "momentum must be in [0, 1), got 1"],
      [{ ...adam, learningRate: "0.1" }, "learningRate must be above 0 and finite, got 0.1"],
      [
        { ...adam, learningRate: Infinity },
        "learningRate must be above 0 and finite, got Infinity",
      ],
      [{ ...adam, weightDecay: NaN }, "weightDecay must be at least 0 and finite, got NaN"],
      [{ ...adam, weightDecay: Infinity }, "weightDecay must be at least 0 and finite"],
    ] as const;
    const before = await system.weights();
    for (const [optimizer, message] of cases) {
      await assertRejects(
        () =>
          system.fit(asBatches(randomBatch(perceptron, 6, 3)), untyped({ epochs: 1, optimizer })),
        RangeError,
        message,
      );
    }
    assert.deepEqual(await system.weights(), before);
  },
);

testEach(
  systemNames,
  "an unknown or unusable option of fit is refused",
  perceptron,
  async (system) => {
    const train = asBatches(randomBatch(perceptron, 6, 3));
    const cases: readonly (readonly [object, string])[] = [
      [{ learningRate: 1 }, "fit has the unknown option learningRate; fit has epochs, optimizer"],
      [{ batchSize: 32 }, "fit has the unknown option batchSize"],
      [{ epochs: "3" }, "epochs must be a whole number"],
      [{ labelSmoothing: 1 }, "labelSmoothing must be in [0, 1), got 1"],
      [{ averaging: 1 }, "averaging must be in [0, 1), got 1"],
      [{ schedule: "one-cycle" }, "schedule must be a function, got one-cycle"],
      [{ onEpoch: 1 }, "onEpoch must be a function, got 1"],
      [{ signal: {} }, "signal must be an AbortSignal"],
      [{ schedule: () => NaN }, "schedule(0) must be finite and at least 0, got NaN"],
      [{ schedule: () => -1 }, "schedule(0) must be finite and at least 0, got -1"],
      [{ validation: [] }, "validation must be batches"],
      [{ validation: asBatches() }, "there are no validation images; leave out validation"],
    ];
    for (const [change, message] of cases) {
      const onBatch = () => assert.fail("a batch was trained on");
      await assertRejects(
        () => system.fit(train, untyped({ ...once, onBatch, ...change })),
        RangeError,
        message,
      );
    }
  },
);

Deno.test("batches without counts, or that cannot be gone through, are refused", () => {
  const train = asBatches(randomBatch(perceptron, 6, 3));
  for (const batches of [[], {}, { ...train, samples: NaN }, { ...train, length: 1.5 }]) {
    assertThrows(() => checkFit(untyped(batches), once), RangeError, "train");
  }
});

testEach(
  BATCH_CHECKED,
  "batches that run dry, or are more or fewer than they say, end the training",
  perceptron,
  async (system) => {
    const list = [1, 2, 3].map((seed) => randomBatch(perceptron, 6, 4, seed));
    const right = asBatches(...list), twice = { ...once, epochs: 2 };
    const gone = right[Symbol.asyncIterator]();
    const dry = { ...right, [Symbol.asyncIterator]: () => gone };
    const cases: readonly (readonly [Batches, string, steps: number])[] = [
      [dry, "3 batches (length) with 12 images (samples), but 0 with 0 came", 3],
      [
        { ...right, length: 4 },
        "4 batches (length) with 12 images (samples), but 3 with 12 came",
        3,
      ],
      [{ ...right, length: 2 }, "but 3 with 12 came", 2],
      [{ ...right, samples: 13 }, "but 3 with 12 came", 3],
      [{ ...right, samples: 11 }, "but 3 with 12 came", 2],
    ];
    for (const [batches, message, steps] of cases) {
      let done = 0;
      const onBatch = () => void done++;
      await assertRejects(() => system.fit(batches, { ...twice, onBatch }), RangeError, message);
      assert.equal(done, steps);
      if (batches === dry) continue;
      const validation = batches;
      await assertRejects(
        () => system.fit(right, { ...once, validation }),
        RangeError,
        "an epoch of the validation batches must have",
      );
      await assertRejects(() => predictAll(system, batches), RangeError, message);
    }
  },
);

/** A batch of LeNet-5's images, changed. */
const lenetBatch = (change: Partial<Batch>): Batch => ({
  ...randomBatch(lenet5(), 50, 4),
  ...change,
});
const withPixel = (at: number, value: number) => {
  const { images } = randomBatch(lenet5(), 50, 4);
  images[at] = value;
  return { images };
};

const badBatches: readonly (readonly [Batch, string])[] = [
  [lenetBatch({ images: new Float32Array(4 * 64 * 64) }), "LeNet-5 takes images of 1×32×32, so 4"],
  [lenetBatch({ images: new Float32Array(4 * 28 * 28) }), "4096 numbers; 3136 are given"],
  [lenetBatch({ images: new Float32Array(3 * 4096) }), "4096 numbers; 12288 are given"],
  [lenetBatch({ images: untyped(new Uint8Array(4096)) }), "Float32Array, got Uint8Array"],
  [lenetBatch({ labels: Int32Array.of(0, 1, 2) }), "4 images have 3 labels"],
  [lenetBatch({ labels: Int32Array.of(0, 1, -1, 2) }), "label -1 of image 2 is outside 0 to 49"],
  [lenetBatch({ labels: Int32Array.of(50, 1, 2, 2) }), "label 50 of image 0 is outside 0 to 49"],
  [lenetBatch({ labels: Int32Array.of(1, 1e9, 2, 2) }), "label 1000000000 of image 1 is outside"],
  [lenetBatch({ labels: untyped([0, 1, 2, 0.5]) }), "label 0.5 of image 3 is outside"],
  [lenetBatch({ labels: untyped([0, NaN, 2, 1]) }), "label NaN of image 1 is outside"],
  [lenetBatch({ size: 0 }), "size must be a whole number of at least 1, got 0"],
  [lenetBatch(withPixel(0, NaN)), "pixel 0 of image 0 is NaN"],
  [lenetBatch(withPixel(1024 + 7, Infinity)), "pixel 7 of image 1 is Infinity"],
  [lenetBatch(withPixel(4095, -Infinity)), "pixel 1023 of image 3 is -Infinity"],
  [
    new ByteBatch(new Uint8Array(4 * 4096), new Int32Array(4), { mean: 0, std: 1 }),
    "4096 numbers; 16384 are given",
  ],
  ...[{ mean: NaN, std: 1 }, { mean: 0, std: NaN }, { mean: 0, std: 0 }].map((normalisation) =>
    [
      new ByteBatch(new Uint8Array(4096), new Int32Array(4), normalisation),
      `a std that is not 0, got ${normalisation.mean} and ${normalisation.std}`,
    ] as const
  ),
];

testEach(
  BATCH_CHECKED,
  "images of another size, labels outside the classes and NaN pixels end a training",
  lenet5(),
  async (system) => {
    const good = lenetBatch({});
    for (const [bad, message] of badBatches) {
      const steps: number[] = [];
      const error = await assertRejects(
        () =>
          system.fit(asBatches(good, bad), {
            ...once,
            onBatch: ({ size }) => void steps.push(size),
          }),
        RangeError,
        message,
      );
      assert(error.message.startsWith("training batch 2: "), error.message);
      assert.deepEqual(steps, [4], "the good batch before was trained on");
    }
  },
);

testEach(
  systemNames,
  "validation images are checked like training images",
  lenet5(),
  async (system) => {
    const error = await assertRejects(
      () =>
        system.fit(asBatches(lenetBatch({})), {
          ...once,
          validation: asBatches(badBatches[0]![0]),
        }),
      RangeError,
      "LeNet-5 takes images of 1×32×32",
    );
    assert(error.message.startsWith("validation batch 1: "), error.message);
  },
);

testEach(
  BATCH_CHECKED,
  "images of another shape are refused although they have the same count of pixels",
  lenet5(),
  async (system) => {
    const imageShape = { channels: 1, height: 16, width: 64 };
    const long: Batches = { ...asBatches(lenetBatch({})), imageShape };
    const message = "the training images are 1×16×64, but LeNet-5 takes 1×32×32";
    await assertRejects(() => system.fit(long, once), RangeError, message);
    const right = { ...long, imageShape: { channels: 1, height: 32, width: 32 } };
    assert.deepEqual((await system.fit(right, once)).length, 1);
  },
);

testEach(
  CHECKED,
  "predict refuses more or fewer pixels than its count of images has",
  smallConvolutional,
  async (system) => {
    const { images } = randomBatch(smallConvolutional, 4, 3);
    const refused = (given: unknown, count: unknown, message: string) =>
      assertRejects(() => system.predict(untyped(given), untyped(count)), RangeError, message);
    await refused(
      images,
      2,
      "predict: small takes images of 3×10×8, so 2 of them have 480 numbers",
    );
    await refused(images, 4, "720 are given");
    await refused(images, 1.5, "the count of images must be a whole number, got 1.5");
    await refused(new Uint8Array(720), 3, "Float32Array, got Uint8Array");
    await refused([...images], 3, "Float32Array, got Array");
    await refused(new Float32Array(720).fill(NaN), 3, "pixel 0 of image 0 is NaN");
    const halfBroken = images.slice();
    halfBroken.fill(Infinity, 240, 480);
    await refused(halfBroken, 3, "of image 1 is Infinity");
    // one NaN in the middle of an image, at which the images are not looked at before
    const middle = 240 + 4 * 8 + 4;
    assert(middle % 61 !== 0);
    await refused(images.with(middle, NaN), 3, "pixel 36 of image 1 is NaN");
    assert.deepEqual((await system.predict(images, 3)).length, 12);
    const four = { ...randomBatch(smallConvolutional, 4, 4), size: 3, labels: new Int32Array(3) };
    await assertRejects(() => predictAll(system, asBatches(four)), RangeError, "960 are given");
  },
);

testEach(
  CHECKED,
  "setWeights names the array and the place of a NaN or an infinity",
  lenet5(),
  async (system) => {
    const before = await system.weights();
    for (const value of [NaN, Infinity, -Infinity]) {
      const weights = initialWeights(lenet5(), "lecun", 1);
      weights["conv1.weight"]!.data[149] = value;
      await assertRejects(
        () => system.setWeights(weights),
        RangeError,
        `conv1.weight[149] is ${value}; weights must be finite numbers`,
      );
    }
    assert.deepEqual(await system.weights(), before);
    const broken = initialWeights(lenet5(), "lecun", 1);
    broken["conv1.weight"]!.data[0] = NaN;
    await system.setWeights(broken, { allowBroken: true });
    assert.deepEqual(await system.weights(), broken);
  },
);

const NAN_WEIGHTS = ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "fc1.weight"];

testEach(
  CHECKED,
  "weights that are NaN give logits that are NaN, which only who allowed them gets to see",
  lenet5(),
  async (system) => {
    // as many images as one kernel takes, as another takes, and some more
    for (const size of [1, 8, 19]) {
      const { images } = randomBatch(lenet5(), 50, size);
      for (const name of NAN_WEIGHTS) {
        const broken = initialWeights(lenet5(), "lecun", 1);
        broken[name]!.data.fill(NaN, 0, 1);
        await system.setWeights(broken, { allowBroken: true });
        const logits = await system.predict(images, size);
        assert(logits.every(Number.isNaN), `${name} and ${size} images: some are numbers`);
      }
    }
    const { images } = randomBatch(lenet5(), 50, 2);
    const steep = initialWeights(lenet5(), "lecun", 1);
    steep["fc3.weight"]!.data.fill(3e38);
    await system.setWeights(steep);
    const error = await system.predict(images, 2).catch((error) => error);
    assert(error instanceof RangeError, "logits beyond float32 were answered");
    assert.match(error.message, /a logit of image 0 is .*weights are broken or far out of scale/);
  },
);

testEach(
  systemNames,
  "weights that break behind a sound loss end the training with its epoch, unless told to go on",
  lenet5(),
  async (system) => {
    const broken = initialWeights(lenet5(), "lecun", 1);
    broken["conv1.weight"]!.data[0] = NaN;
    await system.setWeights(broken, { allowBroken: true });
    const train = asBatches(randomBatch(lenet5(), 50, 8));
    const error = await system.fit(train, once).catch((error) => error);
    assert.equal(error.name, "BrokenLossError");
    assert.match(error.message, /epoch 1/);
    await system.setWeights(broken, { allowBroken: true });
    const history = await system.fit(train, { ...once, epochs: 2, continueAtBrokenLoss: true });
    assert.equal(history.length, 2);
  },
);

testEach(
  systemNames,
  "a diverging training ends with an error that names epoch and batch, unless told to go on",
  lenet5(),
  async (system) => {
    const batch = randomBatch(lenet5(), 50, 8), optimizer = { ...adam, learningRate: 1e38 };
    const start = await system.weights();
    const losses: number[] = [];
    const onBatch: FitOptions["onBatch"] = ({ loss }) => void losses.push(loss);
    const train = asBatches(batch, batch);
    const error = await assertRejects(() => system.fit(train, { epochs: 4, optimizer, onBatch }));
    assert(error instanceof Error);
    assert.deepEqual(error.name, "BrokenLossError");
    const number = losses.length; // of batches before the broken one
    const place = `epoch ${1 + (number >> 1)}, batch ${1 + number % 2}, is `;
    assert(error.message.includes(`the loss of ${place}`), error.message);
    assert(losses.every(Number.isFinite));
    await system.setWeights(start);
    const history = await system.fit(train, { epochs: 4, optimizer, continueAtBrokenLoss: true });
    assert.deepEqual(history.length, 4);
    assert(!Number.isFinite(history[3]!.loss));
    // the system can be trained again
    await system.setWeights(start);
    assert(Number.isFinite((await system.fit(train, once))[0]!.loss));
  },
);

Deno.test("an unknown engine or option of the numpy system is refused by name", async () => {
  await assertRejects(
    () => createSystem("numpy", lenet5(), untyped({ engine: "gpu" })),
    RangeError,
    "there is no engine named gpu; there are kernels and reference",
  );
  await assertRejects(
    () => createSystem("numpy", lenet5(), untyped({ worker: 3 })),
    RangeError,
    "createSystem has the unknown option worker",
  );
});

Deno.test(
  "unknown layers and layer options are refused by all systems",
  async () => {
    const dilated = untyped({
      ...smallConvolutional,
      layers: smallConvolutional.layers.map((layer) =>
        layer.kind === "conv" ? { ...layer, dilation: 2 } : layer
      ),
    });
    const gelu = untyped({
      ...perceptron,
      layers: perceptron.layers.map((layer) => layer.kind === "tanh" ? { kind: "gelu" } : layer),
    });
    for (const name of systemNames) {
      await assertRejects(
        () => createSystem(name, dilated),
        RangeError,
        "conv1 has the unknown option dilation",
      );
      await assertRejects(() => createSystem(name, gelu), RangeError, "the unknown kind gelu");
    }
  },
);

testEach(
  CHECKED,
  "targets that were not announced, are too few, or are no shares are refused",
  perceptron,
  async (system) => {
    const batch = randomBatch(perceptron, 6, 2);
    const fit = (targets: Float32Array | undefined, softTargets: boolean) =>
      system.fit({ ...asBatches(targets ? { ...batch, targets } : batch), softTargets }, once);
    const good = Float32Array.from({ length: 12 }, (_, i) => i % 6 === 0 ? 1 : 0);
    await fit(good, true);
    await assertRejects(
      () => fit(good, false),
      RangeError,
      "has targets, but softTargets is false",
    );
    await assertRejects(
      () => fit(undefined, true),
      RangeError,
      "lacks targets, but softTargets is true",
    );
    await assertRejects(
      () => fit(good.subarray(1), true),
      RangeError,
      "2 images of 6 classes need 12 targets, got 11",
    );
    const halved = good.with(6, 0.5), negative = good.with(0, 1.5).with(1, -0.5);
    await assertRejects(() => fit(halved, true), RangeError, "of image 1 must");
    await assertRejects(() => fit(negative, true), RangeError, "but one is -0.5");
    await assertRejects(() => fit(good.with(3, NaN), true), RangeError, "but one is NaN");
  },
);
