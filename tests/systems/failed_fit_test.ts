/** A training that somebody's function ends with an error: nothing is left behind, and the system goes on. */
import assert from "node:assert/strict";
import { assertRejects } from "../assert.ts";
import * as tf from "../../lib/backend/tf.ts";
import type { LossFunction, LossInput } from "../../lib/model/loss.ts";
import { createSystem, systemNames } from "../../lib/systems/create_system.ts";
import type { Weights } from "../../lib/model/weights.ts";
import type { TrainingState } from "../../lib/systems/training_state.ts";
import type { FitOptions, System } from "../../lib/systems/system.ts";
import { asBatches, perceptron, randomBatch } from "./helpers.ts";
import { untyped } from "./checked.ts";

const list = [1, 2, 3].map((seed) => randomBatch(perceptron, 6, 5, seed));
const train = asBatches(...list);
const base: FitOptions = { epochs: 3, optimizer: { kind: "adam", learningRate: 1e-2 } };

class Own extends Error {}
const rejected = () => Promise.reject(new Own("own"));
const thrown = (): never => {
  throw new Own("own");
};

/** Calls a function at its fifth call. */
const atFifth = <T>(fails: () => T) => {
  let calls = 0;
  return () => ++calls === 5 ? fails() : undefined;
};

/** The cross-entropy's gradient in place of a loss's own, with something done before. */
const lossAfter = (first: (input: LossInput) => unknown): LossFunction => (input) => {
  first(input);
  const { logits, targets, size } = input;
  return { loss: 1, gradient: logits.map((x, i) => (x - targets[i]!) / size) };
};

/** The one failure that no option makes. */
const FAILING_BATCHES = "a batch cannot be had";

/** What ends a training, and after how many steps. */
const failures: Readonly<Record<string, readonly [() => Partial<FitOptions>, steps: number]>> = {
  "onBatch rejects": [() => ({ onBatch: untyped(atFifth(rejected)) }), 5],
  "onBatch throws": [() => ({ onBatch: atFifth(thrown) }), 5],
  "onProgress rejects": [() => ({ onProgress: untyped(atFifth(rejected)) }), 5],
  "onState rejects": [() => ({ onState: untyped(atFifth(rejected)) }), 5],
  "onEpoch rejects": [() => ({ onEpoch: rejected }), 3],
  "a callback rejects": [
    () => ({ callbacks: [{ name: "own", onBatchEnd: untyped(atFifth(rejected)) }] }),
    5,
  ],
  "a callback's begin throws": [() => ({ callbacks: [{ name: "own", onTrainBegin: thrown }] }), 0],
  "the schedule throws": [
    () => ({ schedule: (_done, { step }) => step === 5 ? thrown() : 1 }),
    5,
  ],
  "the loss throws": [() => ({ loss: lossAfter(atFifth(thrown)) }), 4],
  "validation throws": [
    () => ({
      validation: {
        ...{ length: 1, samples: 5 },
        [Symbol.asyncIterator]: () => ({ next: rejected }),
      },
    }),
    3,
  ],
  [FAILING_BATCHES]: [() => ({}), 5],
};

/** Batches that end with an error in the place of the sixth. */
const failing = () => {
  let given = 0;
  return {
    ...{ length: 3, samples: 15 },
    async *[Symbol.asyncIterator]() {
      for (const batch of list) {
        if (++given === 6) thrown();
        yield batch;
      }
    },
  };
};

for (const name of systemNames) {
  const make = () => createSystem(name, perceptron, { seed: 1 });

  for (const [what, [options, steps]] of Object.entries(failures)) {
    Deno.test(`${name}: ${what}: the error comes out, no tensor stays, and the weights are those of whole steps`, async () => {
      using system = await make();
      const before = tf.memory().numTensors, given = options();
      const ownLoss = given.loss ? { loss: lossAfter(() => {}) } : {};
      const batches = what === FAILING_BATCHES ? failing() : train;
      await assertRejects(() => system.fit(batches, { ...base, ...given }), Own, "own");
      assert.equal(tf.memory().numTensors, before);
      using other = await make();
      const stop = new AbortController();
      let done = 0;
      if (steps > 0) {
        await other.fit(train, {
          ...{ ...base, ...ownLoss, signal: stop.signal },
          onBatch: () => {
            if (++done === steps) stop.abort();
          },
        });
      }
      assert.deepEqual(await system.weights(), await other.weights());
      assert.equal((await system.fit(train, base)).length, 3, "it trains again");
    });
  }

  Deno.test(`${name}: a state that is refused leaves no tensor behind`, async () => {
    using system = await make();
    const seekable = { ...train, seek: () => {} };
    let state: TrainingState | undefined;
    await system.fit(seekable, {
      ...base,
      onState: async (capture) => void (state ??= await capture()),
    });
    const before = tf.memory().numTensors, resume = { ...state!, steps: -1 };
    await assertRejects(() => system.fit(seekable, { ...base, resume }), RangeError, "-1 batches");
    assert.equal(tf.memory().numTensors, before);
  });

  Deno.test(`${name}: a validation that fails leaves the weights, not their mean`, async () => {
    using system = await make();
    const [fit] = failures["validation throws"]!;
    let own: Weights | undefined;
    const onBatch = async () => void (own = await system.weights());
    const options = { ...base, ...fit(), averaging: 0.9, onBatch };
    await assertRejects(() => system.fit(train, options), Own);
    assert.deepEqual(await system.weights(), own);
  });

  Deno.test(`${name}: it may not train itself from within its training, and may be disposed of anywhere`, async () => {
    let system: System;
    const places: Record<string, () => Partial<FitOptions>> = {
      schedule: () => ({ schedule: () => (system.dispose(), 1) }),
      loss: () => ({ loss: lossAfter(() => system.dispose()) }),
      begin: () => ({ callbacks: [{ name: "own", onTrainBegin: () => system.dispose() }] }),
      end: () => ({ callbacks: [{ name: "own", onTrainEnd: () => system.dispose() }] }),
      epoch: () => ({ onEpoch: () => system.dispose(), averaging: 0.9, validation: train }),
      state: () => ({ onState: () => system.dispose() }),
    };
    const before = tf.memory().numTensors;
    for (const [place, options] of Object.entries(places)) {
      system = await make();
      await assertRejects(
        () => system.fit(train, { ...base, ...options() }),
        Error,
        `the ${name} system was disposed of`,
      );
      assert.equal(tf.memory().numTensors, before, place);
    }
    system = await make();
    await assertRejects(
      () => system.fit(train, { ...base, onBatch: async () => void await system.fit(train, base) }),
      Error,
      "is training already",
    );
    system.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
}

Deno.test("torch: after a step that failed, it answers without dropout again", async () => {
  const [flatten, hidden, tanh, output] = perceptron.layers;
  const layers = [flatten!, hidden!, tanh!, { kind: "dropout", rate: 0.5 } as const, output!];
  using system = await createSystem("torch", { ...perceptron, layers }, { seed: 1 });
  const { images, size } = list[0]!;
  const before = await system.predict(images, size);
  await assertRejects(() => system.fit(train, { ...base, loss: thrown }), Own);
  assert.deepEqual(await system.predict(images, size), before);
});
