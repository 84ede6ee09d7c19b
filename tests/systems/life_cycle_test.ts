/** A system runs one training at a time, and none after it was disposed of. */
import assert from "node:assert/strict";
import { assertRejects } from "../assert.ts";
import type { Architecture } from "../../lib/model/architecture.ts";
import { createSystem } from "../../lib/systems/create_system.ts";
import { NumpySystem } from "../../lib/systems/numpy/numpy_system.ts";
import { type FitOptions, SystemStateError } from "../../lib/systems/system.ts";
import { asBatches, perceptron, randomBatch } from "./helpers.ts";
import { CHECKED } from "./checked.ts";

const options: FitOptions = { epochs: 3, optimizer: { kind: "adam", learningRate: 1e-3 } };
const batch = randomBatch(perceptron, 6, 5);
const train = asBatches(batch, randomBatch(perceptron, 6, 5, 2));

for (const name of CHECKED) {
  Deno.test(
    `${name}: a second fit is refused and does not disturb the first`,
    async () => {
      const alone = await createSystem(name, perceptron, { seed: 1 });
      const history = await alone.fit(train, options);
      const system = await createSystem(name, perceptron, { seed: 1 });
      const first = system.fit(train, options);
      await assertRejects(
        () => system.fit(train, options),
        SystemStateError,
        `the ${name} system is training already`,
      );
      assert.deepEqual((await first).map(({ loss }) => loss), history.map(({ loss }) => loss));
      assert.deepEqual(await system.weights(), await alone.weights());
      // and afterwards it trains again
      assert.deepEqual((await system.fit(train, { ...options, epochs: 1 })).length, 1);
      system.dispose();
      alone.dispose();
    },
  );

  Deno.test(
    `${name}: after a fit that failed another one may follow`,
    async () => {
      const system = await createSystem(name, perceptron);
      const onBatch = () => Promise.reject(new TypeError("the listener failed"));
      await assertRejects(() => system.fit(train, { ...options, onBatch }), TypeError, "listener");
      await assertRejects(() => system.fit(train, { ...options, epochs: 0 }), RangeError, "epochs");
      assert.deepEqual((await system.fit(train, options)).length, 3);
      system.dispose();
    },
  );

  Deno.test(
    `${name}: weights and predictions may be asked for while it trains`,
    async () => {
      const system = await createSystem(name, perceptron);
      let asked = 0;
      await system.fit(train, {
        ...options,
        onBatch: async () => {
          await system.setWeights(await system.weights());
          asked += (await system.predict(batch.images, batch.size)).length;
        },
      });
      assert.deepEqual(asked, 6 * 30);
      system.dispose();
    },
  );

  Deno.test(
    `${name}: dispose during a training stops it after the current batch`,
    async () => {
      const system = await createSystem(name, perceptron);
      let batches = 0;
      await assertRejects(
        () =>
          system.fit(train, {
            ...options,
            validation: train,
            onBatch: () => {
              if (++batches === 3) system.dispose();
            },
          }),
        SystemStateError,
        `the ${name} system was disposed of while it trained`,
      );
      assert.deepEqual(batches, 3);
      await assertRejects(() => system.weights(), SystemStateError, "was disposed of");
      system.dispose();
    },
  );

  Deno.test(
    `${name}: every use after dispose is refused by name, and a second dispose does nothing`,
    async () => {
      const system = await createSystem(name, perceptron);
      const weights = await system.weights();
      system.dispose();
      system.dispose();
      const uses = {
        fit: () => system.fit(train, options),
        predict: () => system.predict(batch.images, batch.size),
        weights: () => system.weights(),
        setWeights: () => system.setWeights(weights),
      };
      for (const [method, use] of Object.entries(uses)) {
        await assertRejects(
          use,
          SystemStateError,
          `${method}: the ${name} system was disposed of; make another one`,
        );
      }
    },
  );

  Deno.test(
    `${name}: a training that is aborted returns the epochs it completed`,
    async () => {
      const system = await createSystem(name, perceptron);
      assert.deepEqual(await system.fit(train, { ...options, signal: AbortSignal.abort() }), []);
      const stop = new AbortController();
      const onEpoch = () => stop.abort();
      const history = await system.fit(train, { ...options, onEpoch, signal: stop.signal });
      assert.deepEqual(history.map(({ epoch }) => epoch), [1]);
      assert.deepEqual((await system.fit(train, options)).length, 3);
      system.dispose();
    },
  );
}

Deno.test("`using` disposes of a system at the end of its block, and after an error too", async () => {
  const made: NumpySystem[] = [];
  {
    using system = new NumpySystem(perceptron);
    made.push(system);
    assert(!system.isDisposed);
    await system.fit(train, options);
  }
  await assertRejects(async () => {
    using system = new NumpySystem(perceptron);
    made.push(system);
    await system.predict(batch.images, 99);
  }, RangeError);
  assert.deepEqual(made.map(({ isDisposed }) => isDisposed), [true, true]);
});

/** Images so large that 600 of them do not fit into the memory with which the kernels begin. */
const large: Architecture = {
  name: "large",
  input: { channels: 1, height: 128, width: 128 },
  layers: [
    { kind: "flatten" },
    { kind: "dense", name: "hidden", units: 8 },
    { kind: "tanh" },
    { kind: "dense", name: "output", units: 5 },
  ],
};

Deno.test("a prediction that needs more memory disturbs neither a training nor another prediction", async () => {
  const many = randomBatch(large, 5, 600), few = randomBatch(large, 5, 8, 2);
  const learns = asBatches(few, randomBatch(large, 5, 8, 3));
  const make = () => new NumpySystem(large, { seed: 1, threads: 2 });
  using alone = make();
  const [before, some] = [
    await alone.predict(many.images, 600),
    await alone.predict(few.images, 8),
  ];
  await alone.fit(learns, { ...options, epochs: 2 });
  const learned = await alone.weights();
  const ticks = async (count: number) => {
    for (let i = 0; i < count; i++) await Promise.resolve();
  };
  // whatever the two wait for when the memory is exchanged
  for (const count of [0, 2, 4, 7, 10]) {
    using system = make();
    let beside: Promise<unknown> = Promise.resolve();
    await system.fit(learns, {
      ...{ ...options, epochs: 2 },
      onBatch: () => {
        beside = Promise.all([
          beside,
          ticks(count).then(() => system.predict(many.images, 600)),
        ]);
      },
    });
    await beside;
    assert.deepEqual(await system.weights(), learned, `${count} ticks`);
    using other = make();
    const both = await Promise.all([
      other.predict(few.images, 8),
      ticks(count).then(() => other.predict(many.images, 600)),
    ]);
    assert.deepEqual(both, [some, before], `${count} ticks`);
  }
});

Deno.test("who disposes of a system while it predicts gets an error, and no thread begins again", async () => {
  for (const count of [0, 1, 2, 3, 4]) {
    const system = new NumpySystem(perceptron, { threads: 2 });
    const answer = system.predict(batch.images, batch.size);
    for (let i = 0; i < count; i++) await Promise.resolve();
    system.dispose();
    await assertRejects(() => answer, Error, "disposed of meanwhile");
  }
});
