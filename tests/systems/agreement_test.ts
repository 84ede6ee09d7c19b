/** With the same weights the three systems compute the same as each other, as PyTorch and as Keras. */
import { assertGreater, assertLess, assertRejects } from "../assert.ts";
import type { OptimizerOptions } from "../../lib/model/training_step.ts";
import assert from "node:assert/strict";
import { lenet5 } from "../../lib/model/architecture.ts";
import { createSystem, systemNames } from "../../lib/systems/create_system.ts";
import { initialBounds, initialWeights } from "../../lib/model/initial_weights.ts";
import { loadWeights } from "../../lib/model/safetensors.ts";
import type { FitOptions, System } from "../../lib/systems/system.ts";
import type { Batch } from "../../lib/pixels/pixels.ts";
import { Rng } from "../../lib/util/rng.ts";
import { maxWeightDifference } from "../../lib/model/weights.ts";
import { fixtures } from "./fixtures.ts";
import {
  asBatches,
  formulaBatch,
  maxDifference,
  perceptron,
  randomBatch,
  smallConvolutional,
} from "./helpers.ts";

for (const engine of [undefined, "reference"] as const) {
  for (const name of engine ? ["numpy"] as const : systemNames) {
    const title = engine ? `${name} (${engine})` : name;
    Deno.test(
      `${title}: logits are PyTorch's and Keras's with the same weights`,
      async () => {
        const { torch, keras } = await fixtures();
        const system = await createSystem(name, lenet5(), engine ? { engine } : {});
        await system.setWeights((await loadWeights(fixtures.weights)).weights);
        const { images, size } = formulaBatch(0);
        const logits = await system.predict(images, size);
        assertLess(maxDifference(logits, torch.logits), 1e-5);
        assertLess(maxDifference(logits, keras.logits), 1e-5);
        system.dispose();
      },
    );

    Deno.test(`${title}: in 32 steps the losses are those of the real framework`, async () => {
      const expected = await fixtures();
      const adam = name === "keras" ? expected.keras.adam : expected.torch.adam;
      assertLess(
        maxDifference(await losses(name, { kind: "adam", learningRate: 1e-3 }, engine), adam),
        1e-5,
      );
      const sgd = await losses(name, { kind: "sgd", learningRate: 1e-2, momentum: 0.9 }, engine);
      // the kernels round otherwise than PyTorch, so sooner or later a window whose two largest sums
      // differ in the last bit passes its gradient to the other one, and from there the paths part
      const isKernels = name === "numpy" && engine === undefined;
      assertLess(maxDifference(sgd, expected.torch.sgd), isKernels ? 1e-4 : 1e-5);
      assertLess(maxDifference(sgd.slice(0, 10), expected.torch.sgd.slice(0, 10)), 1e-6);
    });
  }
}

for (const name of systemNames) {
  Deno.test(`${name}: weights are returned as they were set, for any network`, async () => {
    for (const architecture of [lenet5(), smallConvolutional, perceptron]) {
      const system = await createSystem(name, architecture);
      const weights = initialWeights(architecture, "pytorch", 7);
      await system.setWeights(weights);
      const out = await system.weights();
      assert.deepEqual(Object.keys(out), Object.keys(weights));
      for (const [array, { shape, data }] of Object.entries(weights)) {
        assert.deepEqual(out[array]!.shape, shape, array);
        assert.deepEqual(out[array]!.data, data, array);
      }
      system.dispose();
    }
  });

  Deno.test(
    `${name}: weights of another network are refused by name`,
    async () => {
      const system = await createSystem(name, perceptron);
      const { "hidden.bias": _, ...incomplete } = initialWeights(perceptron, "pytorch", 0);
      await assertRejects(() => system.setWeights(incomplete), RangeError, "hidden.bias");
      const foreign = initialWeights(smallConvolutional, "pytorch", 0);
      await assertRejects(() => system.setWeights(foreign), RangeError, "conv1.weight");
      const { "hidden.weight": weight, ...rest } = initialWeights(perceptron, "pytorch", 0);
      const turned = { ...rest, "hidden.weight": { ...weight!, shape: [30, 9] } };
      await assertRejects(() => system.setWeights(turned), RangeError, "(9, 30)");
      system.dispose();
    },
  );
}

Deno.test("the three systems agree on other networks, with colour input and other activations", async () => {
  const paperCode = lenet5(50, { convActivation: "sigmoid", denseActivation: "relu" });
  const networks = [[smallConvolutional, 4], [perceptron, 6], [paperCode, 50]] as const;
  for (const [architecture, classes] of networks) {
    const weights = initialWeights(architecture, "lecun", 1);
    const { images, size } = randomBatch(architecture, classes, 9);
    const logits = await Promise.all(systemNames.map(async (name) => {
      const system = await createSystem(name, architecture);
      await system.setWeights(weights);
      const out = await system.predict(images, size);
      system.dispose();
      return out;
    }));
    assertLess(maxDifference(logits[0]!, logits[1]!), 1e-5);
    assertLess(maxDifference(logits[0]!, logits[2]!), 1e-5);
  }
});

Deno.test("starting weights have the bounds of PyTorch's and Keras's defaults", async () => {
  const expected = await fixtures();
  for (const scheme of ["torch", "keras"] as const) {
    const bounds = expected[scheme].bounds;
    const own = scheme === "torch" ? "pytorch" : scheme;
    for (const [layer, fanIn, fanOut] of [["conv2", 150, 400], ["fc2", 120, 84]] as const) {
      const { weight, bias } = initialBounds(own, fanIn, fanOut);
      // the fixture's are the largest of thousands of draws, so a hair below the bound
      assertLess(Math.abs(weight / bounds[layer][0] - 1), 2e-3, `${scheme} ${layer} weight`);
      assertLess(Math.abs(bias - bounds[layer][1]), 1e-3, `${scheme} ${layer} bias`);
    }
  }
});

Deno.test(
  "the Keras system starts within Keras's bounds, biases at zero",
  async () => {
    const system = await createSystem("keras", lenet5(), { seed: 4 });
    const weights = await system.weights();
    const largest = weights["conv2.weight"]!.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const { weight } = initialBounds("keras", 150, 400);
    assertLess(largest, weight);
    assertLess(0.98 * weight, largest);
    assert.deepEqual(weights["conv2.bias"]!.data, new Float32Array(16));
    system.dispose();
  },
);

/** Loss of each of the fixtures' 32 batches, measured before its step. */
async function losses(
  name: System["name"],
  optimizer: OptimizerOptions,
  engine?: "reference",
): Promise<number[]> {
  const system = await createSystem(name, lenet5(), engine ? { engine } : {});
  await system.setWeights((await loadWeights(fixtures.weights)).weights);
  const list = Array.from({ length: 32 }, (_, b) => formulaBatch(b));
  const losses: number[] = [];
  await system.fit(asBatches(...list), {
    epochs: 1,
    optimizer,
    onBatch: ({ loss }) => void losses.push(loss),
  });
  system.dispose();
  return losses;
}

Deno.test("the systems agree on weight decay, a schedule and label smoothing, and each has an effect", async () => {
  const list = Array.from({ length: 12 }, (_, b) => formulaBatch(b));
  const start = initialWeights(lenet5(), "pytorch", 2);
  const train = async (
    name: System["name"],
    options: Partial<FitOptions> & { decay?: number },
    engine?: "reference",
  ) => {
    const { decay = 0, ...rest } = options;
    const system = await createSystem(name, lenet5(), engine ? { engine } : {});
    await system.setWeights(start);
    const losses: number[] = [];
    await system.fit(asBatches(...list), {
      epochs: 2,
      optimizer: { kind: "adam", learningRate: 1e-3, weightDecay: decay },
      onBatch: ({ loss }) => void losses.push(loss),
      ...rest,
    });
    const weights = await system.weights();
    system.dispose();
    return { losses, weights };
  };
  const changes: Record<string, Partial<FitOptions> & { decay?: number }> = {
    "weight decay": { decay: 0.5 },
    "schedule": { schedule: (share) => 1 - share },
    "label smoothing": { labelSmoothing: 0.2 },
    "all": { decay: 0.5, schedule: (share) => 1 - share, labelSmoothing: 0.2 },
  };
  const plain = await train("numpy", {}, "reference");
  for (const [what, options] of Object.entries(changes)) {
    const reference = await train("numpy", options, "reference");
    assertGreater(maxWeightDifference(reference.weights, plain.weights), 1e-3, what);
    for (const name of ["numpy", "torch"] as const) {
      const other = await train(name, options);
      assertLess(maxDifference(other.losses, reference.losses), 1e-4, `${name}, ${what}`);
    }
    // Keras divides by another ε; its first steps differ by that much
    const keras = await train("keras", options);
    assertLess(maxDifference(keras.losses, reference.losses), 0.05, `keras, ${what}`);
    assertLess(Math.abs(keras.losses[0]! - reference.losses[0]!), 1e-5, `keras, ${what}`);
  }
  // smoothing asks for less than certainty: the loss at a start near ln 50 hardly changes
  const smoothed = await train("numpy", { labelSmoothing: 0.2 });
  assertLess(Math.abs(smoothed.losses[0]! - plain.losses[0]!), 0.05);
});

Deno.test("with targets for all classes the systems agree, and one-hot targets are labels", async () => {
  const list = Array.from({ length: 6 }, (_, b) => formulaBatch(b));
  const rng = new Rng(5);
  const soft = list.map((batch) => {
    const shares = Float64Array.from({ length: batch.size * 50 }, () => rng.uniform() ** 8);
    const targets = new Float32Array(shares.length);
    for (let n = 0; n < shares.length; n += 50) {
      const row = shares.subarray(n, n + 50), sum = row.reduce((a, b) => a + b, 0);
      targets.set(row.map((share) => share / sum), n);
    }
    return { ...batch, targets };
  });
  const hard = list.map((batch) => {
    const targets = new Float32Array(batch.size * 50);
    batch.labels.forEach((label, n) => targets[n * 50 + label] = 1);
    return { ...batch, targets };
  });
  const start = initialWeights(lenet5(), "pytorch", 2);
  const train = async (name: System["name"], batches: Batch[], engine?: "reference") => {
    using system = await createSystem(name, lenet5(), engine ? { engine } : {});
    await system.setWeights(start);
    const losses: number[] = [];
    await system.fit({ ...asBatches(...batches), softTargets: batches !== list }, {
      epochs: 1,
      optimizer: { kind: "adam", learningRate: 1e-3 },
      labelSmoothing: 0.1,
      onBatch: ({ loss }) => void losses.push(loss),
    });
    return losses;
  };
  const labels = await train("numpy", list, "reference");
  const reference = await train("numpy", soft, "reference");
  assertGreater(maxDifference(reference, labels), 1e-2);
  for (const name of systemNames) {
    // Keras divides by another ε
    const tolerance = name === "keras" ? 0.05 : 1e-4;
    const losses = await train(name, soft);
    assertLess(maxDifference(losses, reference), tolerance, name);
    assertLess(Math.abs(losses[0]! - reference[0]!), 1e-5, name);
    assertLess(maxDifference(await train(name, hard), labels), tolerance, name);
  }
});
