import assert from "node:assert/strict";
import { join } from "node:path";
import { assertRejects, assertThrows } from "../assert.ts";
import { loadWeights } from "../../lib/model/safetensors.ts";
import type { Weights } from "../../lib/model/weights.ts";
import type { Callback, CallbackState } from "../../lib/systems/callbacks.ts";
import { createSystem, systemNames } from "../../lib/systems/create_system.ts";
import { earlyStopping, saveBest } from "../../lib/systems/early_stopping.ts";
import type { FitOptions } from "../../lib/systems/system.ts";
import type { TrainingState } from "../../lib/systems/training_state.ts";
import { asBatches, perceptron, randomBatch } from "./helpers.ts";

const batches = asBatches(
  randomBatch(perceptron, 6, 5, 1),
  randomBatch(perceptron, 6, 5, 2),
  randomBatch(perceptron, 6, 5, 3),
);
const validation = asBatches(randomBatch(perceptron, 6, 40, 4));
const base: FitOptions = {
  epochs: 12,
  optimizer: { kind: "adam", learningRate: 0.1 }, // so large that the validation loss soon rises
  validation,
};

for (const name of systemNames) {
  Deno.test(`${name}: early stopping ends after its patience with the best epoch's weights`, async () => {
    using system = await createSystem(name, perceptron, { seed: 1 });
    const weights: Weights[] = [];
    const history = await system.fit(batches, {
      ...base,
      callbacks: [earlyStopping({ patience: 2 })],
      onEpoch: async () => void weights.push(await system.weights()),
    });
    const losses = history.map(({ val }) => val!.loss);
    const best = losses.indexOf(Math.min(...losses));
    assert.equal(history.length, best + 1 + 2, losses.join());
    assert(history.length < base.epochs);
    assert.deepEqual(await system.weights(), weights[best]);
  });

  Deno.test(`${name}: callbacks are called in order, and a stop ends after the batch at hand`, async () => {
    using system = await createSystem(name, perceptron, { seed: 1 });
    const calls: string[] = [];
    const told = (who: string): Callback => ({
      name: who,
      onTrainBegin: ({ epoch, steps }) => void calls.push(`${who} begins ${epoch} ${steps}`),
      async onBatchEnd(_record, training) {
        await Promise.resolve();
        calls.push(`${who} batch ${training.steps}`);
        if (training.steps === 5) training.stop();
      },
      onEpochEnd: ({ epoch }) => void calls.push(`${who} epoch ${epoch}`),
      onTrainEnd: ({ steps }) => void calls.push(`${who} ends ${steps}`),
    });
    const history = await system.fit(batches, { ...base, callbacks: [told("a"), told("b")] });
    assert.equal(history.length, 1);
    const both = (...lines: string[]) => lines.flatMap((line) => [`a ${line}`, `b ${line}`]);
    assert.deepEqual(
      calls,
      both(
        "begins 1 0",
        "batch 1",
        "batch 2",
        "batch 3",
        "epoch 1",
        "batch 4",
        "batch 5",
        "ends 5",
      ),
    );
  });

  Deno.test(`${name}: a callback may be an instance of a class, with fields of its own`, async () => {
    class Counts implements Callback {
      readonly name = "counts";
      #begun = 0;
      epochs = 0;
      onTrainBegin() {
        this.#begun++;
      }
      onEpochEnd() {
        this.epochs++;
      }
      state() {
        return { values: [this.#begun, this.epochs] };
      }
      restore({ values }: CallbackState) {
        [this.#begun, this.epochs] = values as [number, number];
      }
    }
    const train = { ...batches, seek: () => {} }, states: TrainingState[] = [];
    using system = await createSystem(name, perceptron, { seed: 1 });
    await system.fit(train, {
      ...{ ...base, epochs: 2, callbacks: [new Counts()] },
      onState: async (capture) => void states.push(await capture()),
    });
    assert.deepEqual(states[2]!.callbacks, { counts: [1, 0] });
    const later = new Counts();
    await system.fit(train, { ...base, epochs: 2, callbacks: [later], resume: states[2]! });
    assert.deepEqual(later.state(), { values: [1, 2] });
  });

  Deno.test(`${name}: a signal ends the training, and no callback is told of a regular end`, async () => {
    using system = await createSystem(name, perceptron, { seed: 1 });
    const stop = new AbortController();
    let ended = false;
    const callbacks = [{ name: "own", onTrainEnd: () => void (ended = true) }];
    const onBatch = () => stop.abort();
    const history = await system.fit(batches, { ...base, callbacks, onBatch, signal: stop.signal });
    assert.deepEqual([history.length, ended], [0, false]);
  });
}

Deno.test("the weights of the best epoch are those of the running mean, where there is one", async () => {
  using system = await createSystem("numpy", perceptron, { seed: 1 });
  let mean: Weights | undefined;
  const capture: Callback = {
    name: "capture",
    async onEpochEnd({ epoch }, { weights }) {
      if (epoch === 1) mean = await weights();
    },
  };
  const stop = earlyStopping({ monitor: "accuracy", least: 0.99, patience: 1 });
  await system.fit(batches, { ...base, averaging: 0.9, callbacks: [capture, stop] });
  assert.deepEqual(await system.weights(), mean);
});

Deno.test("the best weights are in a file, which a worse epoch does not replace", async () => {
  const folder = await Deno.makeTempDir();
  try {
    using system = await createSystem("numpy", perceptron, { seed: 1 });
    const path = join(folder, "best.safetensors"), weights: Weights[] = [];
    const history = await system.fit(batches, {
      ...base,
      callbacks: [saveBest(path)],
      onEpoch: async () => void weights.push(await system.weights()),
    });
    const losses = history.map(({ val }) => val!.loss);
    const kept = await loadWeights(path);
    assert.equal(history.length, base.epochs);
    assert.deepEqual(kept.weights, weights[losses.indexOf(Math.min(...losses))]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what is no callback, or cannot be looked at, is refused by name", async () => {
  using system = await createSystem("numpy", perceptron, { seed: 1 });
  const cases: [unknown, string][] = [
    [earlyStopping(), "callbacks must be a list"],
    [[{ onEpochEnd: () => {} }], "a callback needs a name without a slash, got undefined"],
    [[{ name: "a/b" }], "a callback needs a name without a slash"],
    [[{ name: "a" }, { name: "a" }], "two callbacks are named a"],
    [[{ name: "a", onEpoch: () => {} }], "the callback a has the unknown option onEpoch"],
    [[
      new (class {
        name = "a";
        onEpochEnd = 1;
      })(),
    ], "onEpochEnd of the callback a must be a function"],
    [[{ name: "a", onEpochEnd: 1 }], "onEpochEnd of the callback a must be a function"],
    [[{ name: "a", state: () => ({}) }], "the callback a has only one of state and restore"],
  ];
  for (const [callbacks, message] of cases) {
    const options = { ...base, callbacks: callbacks as Callback[] };
    await assertRejects(() => system.fit(batches, options), RangeError, message);
  }
  const { validation: _, ...without } = base;
  await assertRejects(
    () => system.fit(batches, { ...without, callbacks: [earlyStopping()] }),
    RangeError,
    "val.loss can be looked at only in a training with validation images",
  );
  assertThrows(() => earlyStopping({ patience: 0 }), RangeError, "patience must be");
  assertThrows(() => earlyStopping({ monitor: "top1" as "loss" }), RangeError, "monitor must be");
  assertThrows(() => saveBest("x", { every: 2 } as object), RangeError, "no option every");
});

Deno.test("a state without a callback's memory is not gone on from with that callback", async () => {
  using system = await createSystem("numpy", perceptron, { seed: 1 });
  const seekable = { ...batches, seek: () => {} };
  let state: TrainingState | undefined;
  await system.fit(seekable, {
    ...{ ...base, epochs: 1 },
    onState: async (capture) => void (state = await capture()),
  });
  await assertRejects(
    () => system.fit(seekable, { ...base, resume: state!, callbacks: [earlyStopping()] }),
    RangeError,
    "the state knows nothing of the callback early stopping by val.loss",
  );
});
