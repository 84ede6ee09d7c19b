/** The SIMD kernels against the readable reference, in float64, on networks of many shapes. */
import { assertGreater, assertLess, assertRejects, assertThrows } from "../assert.ts";
import type { OptimizerOptions } from "../../lib/model/training_step.ts";
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { normalise } from "../../lib/pixels/pixels.ts";
import {
  activations,
  type Architecture,
  countClasses,
  lenet5,
} from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { activationRules } from "../../lib/kernels/twins/activation_twin.ts";
import { KernelEngine } from "../../lib/systems/numpy/kernel_engine.ts";
import type { KernelOptions } from "../../lib/kernels/kernel_network.ts";
import { compileKernels, instantiateKernels } from "../../lib/kernels/kernel_module.ts";
import { activationNumber } from "../../lib/kernels/activation_number.ts";
import { missingForKernels } from "../../lib/kernels/kernel_platform.ts";
import { fitToMemory, fixedMemory } from "../../lib/kernels/fixed_memory.ts";
import { layOut } from "../../lib/kernels/memory_layout.ts";
import { type Plan, planKernels } from "../../lib/kernels/kernel_plan.ts";
import { Network } from "../../lib/systems/numpy/reference_network.ts";
import { createEngine } from "../../lib/systems/numpy/numpy_system.ts";
import { maxWeightDifference, type Weights } from "../../lib/model/weights.ts";
import { builds } from "../../tasks/kernels.ts";
import { maxDifference, perceptron, randomBatch, smallConvolutional } from "../systems/helpers.ts";

const plan = (architecture: Architecture) => planKernels(architecture) as Plan;

async function withEngine<T>(
  architecture: Architecture,
  options: KernelOptions,
  work: (engine: KernelEngine) => Promise<T>,
): Promise<T> {
  const engine = new KernelEngine(architecture, plan(architecture), options);
  try {
    engine.setWeights(initialWeights(architecture, "lecun", 1));
    return await work(engine);
  } finally {
    engine.dispose();
  }
}

Deno.test("this machine runs the kernels", () => {
  assert.deepEqual(missingForKernels(), undefined);
});

/** Networks that the kernels take: up to two convolutions, then up to three dense layers. */
const architectures: fc.Arbitrary<Architecture> = fc.record({
  channels: fc.integer({ min: 1, max: 3 }),
  convs: fc.array(
    fc.record({
      filters: fc.integer({ min: 1, max: 7 }),
      kernel: fc.integer({ min: 1, max: 7 }),
      poolFirst: fc.boolean(),
      activation: fc.constantFrom(...activations),
    }),
    { maxLength: 2 },
  ),
  out: fc.record({ height: fc.integer({ min: 1, max: 3 }), width: fc.integer({ min: 1, max: 3 }) }),
  units: fc.array(
    fc.record({
      units: fc.integer({ min: 1, max: 37 }),
      activation: fc.constantFrom(...activations),
    }),
    { minLength: 1, maxLength: 3 },
  ),
}).map(({ channels, convs, out, units }) => {
  // from the output back, so that every size fits
  let { height, width } = out;
  for (const { kernel } of convs.toReversed()) {
    [height, width] = [2 * height + kernel - 1, 2 * width + kernel - 1];
  }
  const pool = { kind: "maxpool", size: 2 } as const;
  return {
    name: "drawn",
    input: { channels, height, width },
    layers: [
      ...convs.flatMap(({ filters, kernel, poolFirst, activation: kind }, i) => [
        { kind: "conv" as const, name: `conv${i}`, filters, kernel },
        ...(poolFirst ? [pool, { kind }] : [{ kind }, pool]),
      ]),
      { kind: "flatten" },
      ...units.flatMap(({ units, activation: kind }, i, all) => [
        { kind: "dense" as const, name: `fc${i}`, units },
        ...(i + 1 < all.length ? [{ kind }] : []),
      ]),
    ],
  };
});

/** Logits and gradients of the mean loss in float64. */
function inFloat64(architecture: Architecture, batch: ReturnType<typeof randomBatch>) {
  const network = new Network(architecture, "float64");
  network.setWeights(initialWeights(architecture, "lecun", 1));
  const images = Float64Array.from(batch.images);
  const logits = network.forward(images, batch.size)
    .slice(0, batch.size * countClasses(architecture));
  const { loss } = network.gradient(images, batch.labels, batch.size);
  const gradients = Object.fromEntries(
    network.parameters.map(({ name, grad }) => [name, grad.slice()]),
  );
  return { logits, loss, gradients };
}

/** Logits, loss and gradients of an engine beside those of float64. */
async function agreesWithFloat64(
  architecture: Architecture,
  size: number,
  options: KernelOptions,
): Promise<void> {
  const classes = countClasses(architecture);
  const batch = randomBatch(architecture, classes, size, 3);
  const expected = inFloat64(architecture, batch);
  await withEngine(architecture, options, async (engine) => {
    const logits = await engine.logits(batch.images, size);
    assertLess(maxDifference(logits, expected.logits), 2e-5);
    const single = await engine.logits(batch.images, 1);
    assert.deepEqual(
      single,
      logits.slice(0, classes),
      "one image has the bits that it has in a batch",
    );
    const before = engine.weights();
    const told = await engine.gradient(batch);
    // one step of plain descent at rate 1 moves each weight by its gradient
    engine.begin({ kind: "sgd", learningRate: 1, momentum: 0 });
    const { loss } = await engine.step(batch);
    assertLess(Math.abs(loss - expected.loss) / size, 1e-5);
    const after = engine.weights();
    for (const [name, gradient] of Object.entries(expected.gradients)) {
      assertLess(maxDifference(told.gradients[name]!.data, gradient), 2e-5, name);
      const moved = before[name]!.data.map((value, i) => value - after[name]!.data[i]!);
      assertLess(maxDifference(moved, gradient), 2e-5, `gradient of ${name}`);
    }
  });
}

const sizes = fc.integer({ min: 1, max: 70 });
const options = fc.record({
  build: fc.constantFrom(...builds),
  threads: fc.integer({ min: 1, max: 2 }),
});

Deno.test("logits, loss and gradients agree with float64 on networks of any shape", async () => {
  await fc.assert(fc.asyncProperty(architectures, sizes, options, agreesWithFloat64), {
    numRuns: 60,
    seed: 5,
  });
});

/** Networks that start with a convolution for Winograd's method. */
const winogradNetworks = fc.record({
  channels: fc.integer({ min: 1, max: 7 }),
  filters: fc.integer({ min: 4, max: 9 }),
  outHeight: fc.integer({ min: 1, max: 4 }),
  outWidth: fc.integer({ min: 1, max: 11 }),
  activation: fc.constantFrom(...activations),
}).filter(({ channels, outWidth }) => channels < 3 || [4, 5, 8, 9, 10].includes(outWidth)).map((
  { channels, filters, outHeight, outWidth, activation: kind },
): Architecture => ({
  name: "drawn",
  input: { channels, height: 2 * outHeight + 4, width: 2 * outWidth + 4 },
  layers: [
    { kind: "conv", name: "conv0", filters, kernel: 5 },
    { kind },
    { kind: "maxpool", size: 2 },
    { kind: "flatten" },
    { kind: "dense", name: "fc0", units: 7 },
  ],
}));

Deno.test("Winograd's convolution agrees with float64, and is what computes", async () => {
  const check = async (architecture: Architecture, size: number, options: KernelOptions) => {
    const { convs } = layOut(plan(architecture), 1);
    assert(convs[0]!.winograd !== undefined);
    await agreesWithFloat64(architecture, size, options);
  };
  await fc.assert(fc.asyncProperty(winogradNetworks, sizes, options, check), {
    numRuns: 60,
    seed: 6,
  });
});

/** Weights after some steps on batches of several sizes. */
async function trained(
  architecture: Architecture,
  options: KernelOptions,
  optimizer: OptimizerOptions,
): Promise<Weights> {
  return await withEngine(architecture, options, async (engine) => {
    engine.begin(optimizer);
    const classes = countClasses(architecture);
    for (const [i, size] of [64, 64, 7, 200].entries()) {
      await engine.step(randomBatch(architecture, classes, size, i));
    }
    return engine.weights();
  });
}

for (
  const optimizer of [
    { kind: "adam", learningRate: 1e-3 },
    { kind: "sgd", learningRate: 0.05, momentum: 0.9 },
  ] as const
) {
  Deno.test(`${optimizer.kind}: all builds, and 1, 2 and 4 threads, give the same bits`, async () => {
    const first = await trained(lenet5(), { build: "narrow", threads: 1 }, optimizer);
    for (const build of builds) {
      for (const threads of [1, 2, 4]) {
        assert.deepEqual(await trained(lenet5(), { build, threads }, optimizer), first);
      }
    }
    // another number sums in another order: other bits, the same numbers
    const three = await trained(lenet5(), { threads: 3 }, optimizer);
    assertLess(maxWeightDifference(three, first), 1e-4);
    assert.deepEqual(await trained(lenet5(), { threads: 3 }, optimizer), three);
  });

  Deno.test(`${optimizer.kind}: the kernels follow the reference`, async () => {
    for (const architecture of [lenet5(), smallConvolutional, perceptron]) {
      const reference = createEngine(architecture, { engine: "reference" });
      reference.setWeights(initialWeights(architecture, "lecun", 1));
      reference.begin(optimizer);
      for (const [i, size] of [64, 64, 7, 200].entries()) {
        await reference.step(randomBatch(architecture, countClasses(architecture), size, i));
      }
      const kernels = await trained(architecture, { threads: 2 }, optimizer);
      // Adam's first steps turn on the sign of gradients that are almost zero
      const tolerance = optimizer.kind === "adam" ? 5e-4 : 2e-5;
      assertLess(maxWeightDifference(kernels, await reference.weights()), tolerance);
    }
  });
}

Deno.test("bytes and their normalised floats train alike", async () => {
  const normalisation = { mean: 110.5, std: 61.25 };
  const bytes = Uint8Array.from({ length: 40 * 1024 }, (_, i) => (i * 7919) % 256);
  const labels = Int32Array.from({ length: 40 }, (_, i) => i);
  const images = normalise(bytes, normalisation);
  const step = (asBytes: boolean) =>
    withEngine(lenet5(), { threads: 2 }, async (engine) => {
      engine.begin({ kind: "sgd", learningRate: 0.1, momentum: 0 });
      const given = asBytes ? { bytes, normalisation } : {};
      await engine.step({ size: 40, images, labels, ...given });
      return engine.weights();
    });
  const [fromBytes, fromFloats] = [await step(true), await step(false)];
  assertLess(maxWeightDifference(fromBytes, fromFloats), 1e-6);
  assertGreater(maxWeightDifference(fromBytes, initialWeights(lenet5(), "lecun", 1)), 1e-4);
});

Deno.test("a batch larger than all before it finds room, and smaller ones still fit", async () => {
  await withEngine(lenet5(), { threads: 2 }, async (engine) => {
    const images = randomBatch(lenet5(), 50, 1500).images;
    const all = await engine.logits(images, 1500);
    assert.deepEqual(await engine.logits(images.subarray(0, 3 * 1024), 3), all.slice(0, 150));
    assert.deepEqual(await engine.logits(images.subarray(1499 * 1024), 1), all.slice(1499 * 50));
    assert.deepEqual(await engine.logits(images, 0), new Float32Array(0));
  });
});

Deno.test("a batch that asks for a larger memory trains on from the same weights", async () => {
  const [batch, size] = [randomBatch(lenet5(), 50, 7000), 3500];
  const half = (i: number) => ({
    size,
    images: batch.images.subarray(i * size * 1024, (i + 1) * size * 1024),
    labels: batch.labels.subarray(i * size, (i + 1) * size),
  });
  await withEngine(lenet5(), { threads: 2 }, async (engine) => {
    engine.begin({ kind: "adam", learningRate: 1e-3 });
    await engine.step(half(0));
    const before = engine.weights();
    const halves = [await engine.gradient(half(0)), await engine.gradient(half(1))];
    const whole = await engine.gradient(batch);
    assert.deepEqual(engine.weights(), before);
    for (const [name, { data }] of Object.entries(whole.gradients)) {
      const mean = data.map((_, i) => {
        return (halves[0]!.gradients[name]!.data[i]! + halves[1]!.gradients[name]!.data[i]!) / 2;
      });
      assertLess(maxDifference(data, mean), 1e-6, name);
    }
  });
});

Deno.test("activations are right to 4e-7 everywhere, infinities included", async () => {
  const memory = fixedMemory(2 ** 18);
  const kernels = instantiateKernels(await compileKernels("narrow", memory), memory);
  const x = new Float32Array(memory.buffer, 65536, 16384);
  for (const kind of activations) {
    for (let i = 0; i < x.length; i++) x[i] = (i - 8192) / 700;
    x.set([-0, 1e-30, -1e-8, kind === "relu" ? 5 : Infinity, -Infinity, 1e30, 88, -9]);
    const expected = Array.from(x, activationRules[kind].value);
    kernels.activate(activationNumber(kind), 65536, x.length);
    assertLess(maxDifference(x, expected), 4e-7, kind);
    if (kind !== "relu") assert(x.every((y) => Math.abs(y) <= 1.0000002));
  }
});

Deno.test("what cannot be computed is named", async () => {
  const batch = randomBatch(lenet5(), 50, 4);
  await withEngine(lenet5(), { threads: 1 }, async (engine) => {
    engine.begin({ kind: "adam", learningRate: 1e-3 });
    const labels = Int32Array.of(0, 1, 50, 2);
    const error = await engine.step({ ...batch, labels }).catch((error) => error);
    assert.deepEqual(error.message, "label 50 is outside 0 to 49");
    const few = "5 images of 1024 numbers were asked for, 4096 given";
    await assertRejects(() => engine.logits(batch.images, 5), RangeError, few);
    await assertRejects(() => engine.step({ ...batch, size: 5 }), RangeError, few);
  });
  const another = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
  assertThrows(() => fitToMemory(another, fixedMemory(1)), Error, "run deno task kernels");
  assertThrows(() => fixedMemory(2 ** 31 + 1), RangeError, "need 2049 MiB and can have 2048");
  assertThrows(
    () => new KernelEngine(lenet5(), plan(lenet5()), { threads: 0 }),
    RangeError,
    "but it is 0",
  );
});

Deno.test("a network that the kernels do not know runs on the reference, and says so", async () => {
  const architecture: Architecture = {
    ...smallConvolutional,
    layers: smallConvolutional.layers.filter(({ kind }) => kind !== "maxpool"),
  };
  assertThrows(
    () => createEngine(architecture, { engine: "kernels" }),
    RangeError,
    "layer 0 is a convolution that no activation and 2 × 2 max-pooling follow",
  );
  const warnings: string[] = [];
  const warn = console.warn;
  console.warn = (text: string) => void warnings.push(text);
  try {
    const engine = createEngine(architecture);
    engine.setWeights(initialWeights(architecture, "lecun", 1));
    assert.deepEqual([engine.name, (await engine.logits(new Float32Array(240), 1)).length], [
      "reference",
      4,
    ]);
  } finally {
    console.warn = warn;
  }
  assert.deepEqual(warnings.length, 1);
});
