/** Average pooling, batch normalisation, dropout, stride and padding, in the systems that have them. */
import assert from "node:assert/strict";
import { assertGreater, assertLess, assertRejects, assertThrows } from "../assert.ts";
import {
  type Architecture,
  countParameters,
  type Layer,
  lenet5,
  requirePlainLayers,
  trace,
} from "../../lib/model/architecture.ts";
import { pruneStructured } from "../../lib/compression/structured.ts";
import { planKernels } from "../../lib/kernels/kernel_plan.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { createSystem, systemNames } from "../../lib/systems/create_system.ts";
import type { System } from "../../lib/systems/system.ts";
import { asBatches, maxDifference, perceptron, randomBatch } from "./helpers.ts";
import {
  formulaWeights,
  layersBatch,
  layersFixture,
  manyLayers,
  manyLayersForKeras,
} from "./many_layers.ts";

const sgd = { kind: "sgd", learningRate: 0.1, momentum: 0.9 } as const;

/** Losses of eight steps, and the system after them. The caller disposes of it. */
async function trained(name: System["name"], architecture: Architecture) {
  const system = await createSystem(name, architecture);
  await system.setWeights(formulaWeights(architecture));
  const losses: number[] = [];
  const batches = asBatches(...Array.from({ length: 8 }, (_, b) => layersBatch(b)));
  await system.fit(batches, {
    epochs: 1,
    optimizer: sgd,
    onBatch: ({ loss }) => void losses.push(loss),
  });
  return { system, losses };
}

Deno.test("torch: losses, running statistics and logits are real PyTorch's, with all kinds of layers", async () => {
  const expected = await layersFixture();
  const { system, losses } = await trained("torch", manyLayers);
  assertLess(maxDifference(losses, expected.losses), 2e-5);
  const weights = await system.weights();
  for (const [name, numbers] of Object.entries(expected.statistics)) {
    assertLess(maxDifference(weights[name]!.data, numbers), 2e-5, name);
  }
  const { images, size } = layersBatch(0);
  assertLess(maxDifference(await system.predict(images, size), expected.logits), 1e-4);
  system.dispose();
});

Deno.test("torch: the first step goes along real PyTorch's gradients", async () => {
  const { gradients } = await layersFixture();
  using system = await createSystem("torch", manyLayers);
  const start = formulaWeights(manyLayers);
  await system.setWeights(start);
  const optimizer = { kind: "sgd", learningRate: 1, momentum: 0 } as const;
  await system.fit(asBatches(layersBatch(0)), { epochs: 1, optimizer });
  const after = await system.weights();
  for (const [name, gradient] of Object.entries(gradients)) {
    const step = start[name]!.data.map((before, i) => before - after[name]!.data[i]!);
    assertLess(maxDifference(step, gradient), 2e-6, name);
  }
});

Deno.test("torch: gradients are central differences of the loss", async () => {
  using system = await createSystem("torch", manyLayers);
  const start = formulaWeights(manyLayers), batch = layersBatch(2);
  const optimizer = { kind: "sgd", learningRate: 1e-3, momentum: 0 } as const;
  /** The loss with one number moved, and the weights after the step from there. */
  const step = async (name: string, at: number, by: number) => {
    const data = start[name]!.data.slice();
    data[at]! += by;
    await system.setWeights({ ...start, [name]: { ...start[name]!, data } });
    const [record] = await system.fit(asBatches(batch), { epochs: 1, optimizer });
    return { loss: record!.loss, after: await system.weights() };
  };
  const h = 1e-3;
  for (const name of Object.keys(start).filter((name) => !name.includes("running"))) {
    for (const at of [0, start[name]!.data.length - 1]) {
      const here = await step(name, at, 0);
      const gradient = (start[name]!.data[at]! - here.after[name]!.data[at]!) / 1e-3;
      const above = (await step(name, at, h)).loss, below = (await step(name, at, -h)).loss;
      assertLess(Math.abs((above - below) / (2 * h) - gradient), 4e-3, `${name}[${at}]`);
    }
  }
});

Deno.test("torch and keras train alike, and answer alike with the same weights", async () => {
  const torch = await trained("torch", manyLayersForKeras);
  const keras = await trained("keras", manyLayersForKeras);
  // Keras's running variance is not quite PyTorch's, but no loss of the training depends on it
  assertLess(maxDifference(torch.losses, keras.losses), 1e-4);
  const weights = await torch.system.weights();
  assert.deepEqual(Object.keys(weights), Object.keys(formulaWeights(manyLayersForKeras)));
  assertLess(
    maxDifference((await keras.system.weights())["bn1.running_var"]!.data, [
      ...weights["bn1.running_var"]!.data,
    ]),
    1e-3,
  );
  await keras.system.setWeights(weights);
  const { images, size } = layersBatch(1);
  const answers = await torch.system.predict(images, size);
  assertLess(maxDifference(await keras.system.predict(images, size), answers), 1e-5);
  // in inference an image's answer does not depend on the images beside it
  const alone = await torch.system.predict(images.slice(0, 512), 1);
  assertLess(maxDifference(alone, answers.slice(0, 5)), 1e-5);
  for (const { system } of [torch, keras]) system.dispose();
});

const dropping: Architecture = {
  ...perceptron,
  layers: perceptron.layers.flatMap((layer): Layer[] =>
    layer.kind === "tanh" ? [layer, { kind: "dropout", rate: 0.5 }] : [layer]
  ),
};

for (const name of ["torch", "keras"] as const) {
  Deno.test(`${name}: dropout leaves out numbers in training only, others in each step`, async () => {
    const weights = initialWeights(dropping, "pytorch", 1);
    const batch = randomBatch(dropping, 6, 64);
    const losses = async (architecture: Architecture, seed: number) => {
      using system = await createSystem(name, architecture, { seed });
      await system.setWeights(weights);
      const found: number[] = [];
      // steps so small that the weights stay
      await system.fit(asBatches(...Array.from({ length: 12 }, () => batch)), {
        epochs: 1,
        optimizer: { kind: "sgd", learningRate: 1e-12, momentum: 0 },
        onBatch: ({ loss }) => void found.push(loss),
      });
      return { found, answers: await system.predict(batch.images, batch.size) };
    };
    const plain = await losses(perceptron, 1), dropped = await losses(dropping, 1);
    assertLess(maxDifference(plain.answers, dropped.answers), 1e-6);
    assertGreater(new Set(dropped.found.map((loss) => loss.toFixed(6))).size, 10);
    // what is left is doubled, so that sums stay as they are on average
    const mean = dropped.found.reduce((a, b) => a + b, 0) / 12;
    assertLess(Math.abs(mean - plain.found[0]!), 0.1);
    assert.deepEqual((await losses(dropping, 1)).found, dropped.found);
    assert.notDeepEqual((await losses(dropping, 2)).found, dropped.found);
  });
}

Deno.test("keras: batch normalisation right behind a flatten is refused by its name", async () => {
  await assertRejects(() => createSystem("keras", manyLayers), RangeError, "bn2 right behind");
});

Deno.test("the numpy system refuses by name what only the others have", async () => {
  const cases: readonly (readonly [Layer, string])[] = [
    [{ kind: "avgpool", size: 2 }, "avgpool (layer 0): avgpool is for the torch and the keras"],
    [{ kind: "batchnorm", name: "bn" }, "the numpy system cannot take bn: batchnorm"],
    [{ kind: "dropout", rate: 0.2 }, "dropout (layer 0): dropout"],
    [{ kind: "conv", name: "c", filters: 1, kernel: 3, stride: 2 }, "c: a stride"],
    [{ kind: "conv", name: "c", filters: 1, kernel: 3, padding: 1 }, "c: padding"],
  ];
  const input = { channels: 1, height: 8, width: 8 };
  for (const [layer, message] of cases) {
    const layers: Layer[] = [layer, { kind: "flatten" }, { kind: "dense", name: "d", units: 2 }];
    const network = { name: "one", input, layers };
    for (const engine of ["kernels", "reference"] as const) {
      await assertRejects(() => createSystem("numpy", network, { engine }), RangeError, message);
    }
  }
  assertThrows(
    () => pruneStructured(manyLayers, formulaWeights(manyLayers), { conv: 0.5 }),
    RangeError,
    "structured pruning cannot take conv1: a stride",
  );
  for (const stride of [1, 2]) {
    const layers = lenet5().layers.with(0, {
      kind: "conv",
      name: "c",
      filters: 6,
      kernel: 5,
      stride,
    });
    const planned = planKernels({ ...lenet5(), layers: layers.with(2, { kind: "tanh" }) });
    assert.match(String(planned), stride === 1 ? /2 × 2 max-pooling/ : /with a stride or padding/);
  }
  requirePlainLayers("nothing", lenet5());
  for (const name of systemNames) (await createSystem(name, perceptron)).dispose();
});

Deno.test("shapes and counts of the further layers", () => {
  assert.deepEqual(trace(manyLayers).map(({ output }) => output.join("×")), [
    ...["4×8×8", "4×8×8", "4×8×8", "4×4×4", "6×4×4", "6×4×4", "6×2×2", "24", "24", "10", "10", "5"],
  ]);
  // conv 4·2·9 + 4, batch norm 2·4, conv 6·4·9 + 6, batch norm 2·24, dense 240 + 10, dense 50 + 5
  assert.equal(countParameters(manyLayers), 76 + 8 + 222 + 48 + 250 + 55);
  const one = (layer: unknown) => () =>
    trace({
      name: "bad",
      input: { channels: 1, height: 6, width: 6 },
      layers: [layer as Layer],
    });
  assertThrows(one({ kind: "dropout", rate: 1 }), RangeError, "rate must be in [0, 1), got 1");
  assertThrows(one({ kind: "avgpool", size: 4 }), RangeError, "not a multiple of pool size 4");
  assertThrows(one({ kind: "batchnorm", name: "a.b" }), RangeError, "must not contain a dot");
  const conv = { kind: "conv", name: "c", filters: 1, kernel: 9 };
  assertThrows(one({ ...conv, stride: 0 }), RangeError, "c: stride must be a whole number");
  assertThrows(one({ ...conv, padding: -1 }), RangeError, "c: padding must be a whole number");
  assertThrows(one({ ...conv, padding: 1 }), RangeError, "larger than its padded input 8×8");
});
