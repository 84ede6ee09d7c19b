/** Pruning: the amounts are exact, pruned weights stay zero, and the others are left alone. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertGreater, assertLess, assertRejects, assertThrows } from "../assert.ts";
import { fineTune, pruneIteratively, sparsitySchedule } from "../../lib/compression/finetune.ts";
import {
  applyMasks,
  globalMagnitudeMasks,
  magnitudeMasks,
  prunedAmounts,
  randomMasks,
  sparsity,
} from "../../lib/compression/masks.ts";
import { paperAmounts, paperCodeAmounts } from "../../lib/compression/pruning_amounts.ts";
import { pruneStructured } from "../../lib/compression/structured.ts";
import {
  type Architecture,
  countClasses,
  countMultiplyAdds,
  lenet5,
} from "../../lib/model/architecture.ts";
import { createSystem, systemNames } from "../../lib/systems/create_system.ts";
import { BrokenLossError } from "../../lib/systems/system.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { Network } from "../../lib/systems/numpy/reference_network.ts";
import type { Weights } from "../../lib/model/weights.ts";
import {
  asBatches,
  maxDifference,
  perceptron,
  randomBatch,
  smallConvolutional,
} from "../systems/helpers.ts";

const architectures = [lenet5(), smallConvolutional, perceptron];
const weightsOf = (architecture: Architecture) => initialWeights(architecture, "pytorch", 3);
const zeros = (data: Float32Array) => data.reduce((sum, x) => sum + Number(x === 0), 0);

Deno.test("the pruned amount of each layer is exact to the number", () => {
  for (const amounts of [paperAmounts, paperCodeAmounts]) {
    for (const architecture of architectures) {
      const weights = weightsOf(architecture);
      for (
        const masks of [
          randomMasks(architecture, weights, amounts, 1),
          magnitudeMasks(architecture, weights, amounts),
        ]
      ) {
        const pruned = applyMasks(weights, masks);
        for (const layer of architecture.layers) {
          if (layer.kind !== "conv" && layer.kind !== "dense") continue;
          const { data } = pruned[`${layer.name}.weight`]!;
          const expected = Math.round(amounts[layer.kind]! * data.length);
          assert.deepEqual(zeros(data), expected, layer.name);
          assert.deepEqual(zeros(pruned[`${layer.name}.bias`]!.data), 0);
        }
      }
    }
  }
});

Deno.test("the paper's amounts of LeNet-5, counted layer by layer", () => {
  const masks = randomMasks(lenet5(), weightsOf(lenet5()), paperAmounts, 1);
  const counts = Object.entries(masks).map((
    [name, mask],
  ) => [name, zeros(Float32Array.from(mask))]);
  assert.deepEqual(Object.fromEntries(counts), {
    "conv1.weight": 30,
    "conv2.weight": 480,
    "fc1.weight": 19200,
    "fc2.weight": 4032,
    "fc3.weight": 1680,
  });
  assert.deepEqual(prunedAmounts(masks)["fc1.weight"], 0.4);
});

Deno.test("magnitude pruning prunes no weight that is larger than one it keeps, per layer and globally", () => {
  const weights = weightsOf(lenet5());
  const largestGone = (mask: Uint8Array, data: Float32Array) =>
    data.reduce((most, x, i) => mask[i] ? most : Math.max(most, Math.abs(x)), 0);
  const smallestKept = (mask: Uint8Array, data: Float32Array) =>
    data.reduce((least, x, i) => mask[i] ? Math.min(least, Math.abs(x)) : least, Infinity);
  const perLayer = magnitudeMasks(lenet5(), weights, { conv: 0.3, dense: 0.7 });
  for (const [name, mask] of Object.entries(perLayer)) {
    assert(largestGone(mask, weights[name]!.data) <= smallestKept(mask, weights[name]!.data), name);
  }
  const global = globalMagnitudeMasks(lenet5(), weights, 0.9);
  const names = Object.keys(global);
  const gone = Math.max(...names.map((name) => largestGone(global[name]!, weights[name]!.data)));
  const kept = Math.min(...names.map((name) => smallestKept(global[name]!, weights[name]!.data)));
  assert(gone <= kept);
  const pruned = applyMasks(weights, global);
  assertLess(Math.abs(sparsity(pruned) - 0.9), 1e-4);
  assertGreater(prunedAmounts(global)["fc1.weight"]!, prunedAmounts(global)["conv1.weight"]!);
});

Deno.test("the same seed prunes the same weights, and another seed prunes others", () => {
  const weights = weightsOf(lenet5());
  const draw = (seed: number) => randomMasks(lenet5(), weights, paperAmounts, seed);
  assert.deepEqual(draw(1), draw(1));
  assertGreater(maxDifference(draw(1)["fc1.weight"]!, draw(2)["fc1.weight"]!), 0);
});

for (const name of systemNames) {
  Deno.test(`${name}: fine-tuning leaves pruned weights at zero and changes the others`, async () => {
    const system = await createSystem(name, lenet5(), { seed: 1 });
    const masks = magnitudeMasks(lenet5(), await system.weights(), paperCodeAmounts);
    const before = await system.weights();
    const seen: number[] = [];
    await fineTune(
      system,
      masks,
      asBatches(randomBatch(lenet5(), 50, 32), randomBatch(lenet5(), 50, 9)),
      {
        epochs: 3,
        optimizer: { kind: "adam", learningRate: 1e-3 },
        onBatch: ({ loss }) => void seen.push(loss),
      },
    );
    const after = await system.weights();
    assert.deepEqual(seen.length, 6);
    for (const [array, mask] of Object.entries(masks)) {
      const { data } = after[array]!;
      assert(data.every((x, i) => mask[i] === 1 || x === 0), array);
      assert.deepEqual(zeros(data), mask.length - mask.reduce((sum, keep) => sum + keep, 0), array);
      assertGreater(maxDifference(data, applyMasks(before, masks)[array]!.data), 1e-4);
    }
    system.dispose();
  });
}

Deno.test("fine-tuning that diverges ends with its own error, or goes on if it is asked to", async () => {
  const architecture = lenet5(5, { convActivation: "relu", denseActivation: "relu" });
  using system = await createSystem("numpy", architecture, { seed: 1 });
  const masks = globalMagnitudeMasks(architecture, await system.weights(), 0.3);
  const diverge = (continueAtBrokenLoss: boolean) =>
    fineTune(system, masks, asBatches(randomBatch(architecture, 5, 8)), {
      ...{ epochs: 4, optimizer: { kind: "sgd", learningRate: 1e38, momentum: 0.9 } },
      continueAtBrokenLoss,
    });
  const history = await diverge(true);
  assert.deepEqual([history.length, history.at(-1)!.loss], [4, NaN]);
  await system.setWeights(weightsOf(architecture));
  await assertRejects(() => diverge(false), BrokenLossError);
});

Deno.test("iterative pruning reaches each sparsity and never revives a weight", async () => {
  const system = await createSystem("numpy", lenet5(), { seed: 1 });
  const sparsities = sparsitySchedule(0.95, 3);
  const steps = await pruneIteratively(
    ...[system, asBatches(randomBatch(lenet5(), 50, 32)), sparsities, "global"] as const,
    { epochs: 2, optimizer: { kind: "adam", learningRate: 1e-3 } },
  );
  assert.deepEqual(steps.map(({ sparsity }) => sparsity), sparsities);
  assertLess(Math.abs(sparsity(await system.weights()) - 0.95), 1e-4);
  for (const [i, { masks }] of steps.entries()) {
    const next = steps[i + 1]?.masks;
    for (const [name, mask] of Object.entries(masks)) {
      assert(
        next === undefined || mask.every((keep, j) => keep === 1 || next[name]![j] === 0),
        name,
      );
    }
  }
  system.dispose();
});

Deno.test("iterative pruning that a signal stops prunes no further, and has the finished steps", async () => {
  using system = await createSystem("numpy", perceptron, { seed: 1 });
  // in the middle of the second fine-tuning, and at the end of it
  for (const [last, finished] of [[3, [0.2]], [4, [0.2, 0.5]]] as const) {
    await system.setWeights(weightsOf(perceptron));
    const stop = new AbortController(), told: number[] = [];
    let epochs = 0;
    const steps = await pruneIteratively(
      ...[system, asBatches(randomBatch(perceptron, 3, 8)), [0.2, 0.5, 0.9], "layer"] as const,
      {
        ...{ epochs: 2, optimizer: { kind: "adam", learningRate: 1e-3 }, signal: stop.signal },
        onEpoch: () => ++epochs === last ? stop.abort() : undefined,
      },
      ({ sparsity }) => void told.push(sparsity),
    );
    assert.deepEqual(steps.map(({ sparsity }) => sparsity), finished);
    assert.deepEqual([told, epochs], [finished, last]);
    assertLess(sparsity(await system.weights()), 0.55);
  }
});

Deno.test("the sparsity schedule rises to its end by ever smaller steps", () => {
  const sparsities = sparsitySchedule(0.98, 7);
  assert.deepEqual(sparsities.at(-1), 0.98);
  const rises = sparsities.map((s, i) => s - (sparsities[i - 1] ?? 0));
  rises.slice(1).forEach((rise, i) => assert(rise > 0 && rise < rises[i]!));
});

/** Logits in float64 of one image batch. */
function logits(architecture: Architecture, weights: Weights, images: Float32Array, count: number) {
  const network = new Network(architecture, "float64");
  network.setWeights(weights);
  return network.forward(Float64Array.from(images), count)
    .slice(0, count * countClasses(architecture));
}

Deno.test("structured pruning: the smaller network computes what the large one does without the units", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...architectures),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      (architecture, conv, dense) => {
        const weights = weightsOf(architecture);
        const smaller = pruneStructured(architecture, weights, { conv, dense });
        // silence the removed units in the large network: tanh(0) = 0 passes nothing on
        const silenced = applyMasks(
          weights,
          Object.fromEntries(
            Object.entries(smaller.kept).flatMap(([layer, kept]) =>
              ["weight", "bias"].map((kind) => {
                const { data, shape } = weights[`${layer}.${kind}`]!;
                const each = data.length / shape[0]!;
                const mask = Uint8Array.from(
                  data,
                  (_, i) => Number(kept.includes(Math.floor(i / each))),
                );
                return [`${layer}.${kind}`, mask];
              })
            ),
          ),
        );
        const batch = randomBatch(architecture, 2, 3);
        const large = logits(architecture, silenced, batch.images, 3);
        const small = logits(smaller.architecture, smaller.weights, batch.images, 3);
        assertLess(maxDifference(small, large), 1e-9);
      },
    ),
    { numRuns: 60, seed: 1 },
  );
});

Deno.test("structured pruning by the paper's amounts leaves the units and multiply-adds calculated", () => {
  const { architecture, kept } = pruneStructured(lenet5(), weightsOf(lenet5()), paperAmounts);
  const counts = Object.fromEntries(
    Object.entries(kept).map(([name, list]) => [name, list.length]),
  );
  assert.deepEqual(counts, { conv1: 5, conv2: 13, fc1: 72, fc2: 50, fc3: 50 });
  const expected = 5 * 784 * 25 + 13 * 100 * 125 + 325 * 72 + 72 * 50 + 50 * 50;
  assert.deepEqual(countMultiplyAdds(architecture), expected);
});

Deno.test("structured pruning: the smaller network trains and predicts on every system", async () => {
  const smaller = pruneStructured(lenet5(), weightsOf(lenet5()), paperAmounts);
  const batch = randomBatch(lenet5(), 50, 12);
  const expected = logits(smaller.architecture, smaller.weights, batch.images, 12);
  for (const name of systemNames) {
    const system = await createSystem(name, smaller.architecture);
    await system.setWeights(smaller.weights);
    assertLess(maxDifference(await system.predict(batch.images, 12), expected), 1e-5);
    const history = await system.fit(asBatches(batch), {
      epochs: 30,
      optimizer: { kind: "adam", learningRate: 3e-3 },
    });
    assertLess(history.at(-1)!.loss, history[0]!.loss - 0.5);
    system.dispose();
  }
});

Deno.test("bad amounts, layers and masks are refused by name", async () => {
  const weights = weightsOf(lenet5());
  for (const amount of [1, -0.1, NaN, 2]) {
    assertThrows(
      () => magnitudeMasks(lenet5(), weights, { conv: amount }),
      RangeError,
      `got ${amount}`,
    );
    assertThrows(
      () => globalMagnitudeMasks(lenet5(), weights, amount),
      RangeError,
      `got ${amount}`,
    );
    assertThrows(
      () => pruneStructured(lenet5(), weights, { dense: amount }),
      RangeError,
      `got ${amount}`,
    );
    assertThrows(() => sparsitySchedule(amount, 3), RangeError, `got ${amount}`);
  }
  const misspelled = { convs: 0.5, dense: 0.5 } as never;
  for (const prune of [magnitudeMasks, pruneStructured, randomMasks]) {
    const refused = "pruning has the unknown option convs; it has conv, dense, layers";
    assertThrows(() => prune(lenet5(), weights, misspelled, 1), RangeError, refused);
  }
  assertThrows(
    () => randomMasks(lenet5(), weights, { layers: { conv9: 0.5 } }, 1),
    RangeError,
    "LeNet-5 has no layer conv9; there are conv1, conv2, fc1, fc2, fc3",
  );
  assertThrows(
    () => applyMasks(weights, { "conv1.weight": new Uint8Array(3) }),
    RangeError,
    "not 150",
  );
  assertThrows(() => applyMasks(weights, { nonsense: new Uint8Array(3) }), RangeError, "nonsense");
  assertThrows(() => sparsitySchedule(0.5, 0), RangeError, "got 0");
  const system = await createSystem("numpy", perceptron);
  await assertRejects(
    () =>
      fineTune(system, { x: new Uint8Array(1) }, asBatches(), {
        epochs: 1,
        optimizer: { kind: "adam", learningRate: 1 },
      }),
    RangeError,
  );
  system.dispose();
});
