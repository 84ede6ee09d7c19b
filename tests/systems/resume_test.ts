/** A training that goes on from a captured state ends with the bits of one that was not interrupted. */
import assert from "node:assert/strict";
import { assertRejects } from "../assert.ts";
import type { Architecture } from "../../lib/model/architecture.ts";
import type { OptimizerOptions } from "../../lib/model/training_step.ts";
import type { Weights } from "../../lib/model/weights.ts";
import { DataLoader } from "../../lib/pixels/loader.ts";
import type { PixelSet } from "../../lib/pixels/pixels.ts";
import { createSystem, systemNames, type SystemOptions } from "../../lib/systems/create_system.ts";
import { weightedCrossEntropy } from "../../lib/model/loss.ts";
import type { Callback } from "../../lib/systems/callbacks.ts";
import { earlyStopping } from "../../lib/systems/early_stopping.ts";
import { learningRates, oneCycle } from "../../lib/systems/schedule.ts";
import type { FitOptions, History, System, SystemName } from "../../lib/systems/system.ts";
import type { TrainingState } from "../../lib/systems/training_state.ts";
import { Rng } from "../../lib/util/rng.ts";
import { needs } from "../requirements.ts";
import { manyLayersForKeras } from "./many_layers.ts";
import { asBatches, perceptron, randomBatch, smallConvolutional } from "./helpers.ts";

const adam = { kind: "adam", learningRate: 3e-3, weightDecay: 0.01 } as const;
const sgd = { kind: "sgd", learningRate: 0.05, momentum: 0.9 } as const;
const EPOCHS = 3, BATCHES = 3, SIZE = 6;

function pixelsFor({ input }: Architecture, classes: number): PixelSet {
  const rng = new Rng(5), length = SIZE * BATCHES - 1; // the last batch is not full
  const size = input.channels * input.height * input.width;
  const pixels = Uint8Array.from({ length: length * size }, () => rng.int(256));
  return {
    ...{ length, ...input, pixels, key: "random" },
    labels: Int32Array.from({ length }, () => rng.int(classes)),
    get: (index) => pixels.subarray(index * size, (index + 1) * size),
  };
}

function batchesOf(architecture: Architecture): DataLoader {
  const classes = architecture === perceptron ? 6 : 4;
  return new DataLoader(pixelsFor(architecture, classes), {
    ...{ batchSize: SIZE, shuffle: true, seed: 3, normalisation: { mean: 127, std: 74 } },
    augmentation: { shift: 1, mirror: true },
  });
}

function fitOptions(architecture: Architecture, optimizer: OptimizerOptions): FitOptions {
  const classes = architecture === perceptron ? 6 : 4;
  const validation = new DataLoader(pixelsFor(architecture, classes), { batchSize: SIZE });
  return { epochs: EPOCHS, optimizer, schedule: oneCycle, labelSmoothing: 0.1, validation };
}

/** The records without what the clock says. */
const timeless = (history: History) =>
  history.map(({ seconds: _, imagesPerSecond: __, ...record }) => record);

interface Whole {
  readonly weights: Weights;
  readonly history: History;
  readonly states: readonly TrainingState[];
}

async function trainWhole(system: System, options: FitOptions): Promise<Whole> {
  const states: TrainingState[] = [];
  const history = await system.fit(batchesOf(system.architecture), {
    ...options,
    onState: async (capture) => void states.push(await capture()),
  });
  return { weights: await system.weights(), history, states };
}

async function checkResumes(
  name: SystemName,
  architecture: Architecture,
  optimizer: OptimizerOptions,
  own: SystemOptions = {},
  more: Partial<FitOptions> = {},
): Promise<void> {
  const options = { ...fitOptions(architecture, optimizer), ...more };
  using first = await createSystem(name, architecture, { ...own, seed: 1 });
  const whole = await trainWhole(first, options);
  assert.deepEqual(whole.states.length, EPOCHS * BATCHES);
  // dropout draws from the system's own seed, which is that of the configuration
  using second = await createSystem(name, architecture, { ...own, seed: 1 });
  const other = await createSystem(name, architecture, { ...own, seed: 2 });
  await second.setWeights(await other.weights());
  other.dispose();
  for (const [index, state] of whole.states.entries()) {
    const history = await second.fit(batchesOf(architecture), { ...options, resume: state });
    const where = `after ${index + 1} batches`;
    assert.deepEqual(await second.weights(), whole.weights, where);
    assert.deepEqual(timeless(history), timeless(whole.history), where);
  }
}

for (const name of systemNames) {
  for (const optimizer of [adam, sgd]) {
    for (const architecture of [smallConvolutional, perceptron]) {
      Deno.test(
        `${name}: ${architecture.name} goes on with ${optimizer.kind} from any batch, with the same bits`,
        () => checkResumes(name, architecture, optimizer),
      );
    }
  }
}

for (const name of systemNames) {
  Deno.test(`${name}: a mean of the weights goes on from any batch, with the same bits`, () =>
    checkResumes(name, smallConvolutional, adam, {}, { averaging: 0.9 }));
}

for (const name of systemNames) {
  Deno.test(`${name}: callbacks, a loss and rates of one's own go on from any batch, with the same bits`, () => {
    let seen = 0;
    const own: Callback = {
      name: "counts batches",
      onTrainBegin: () => void (seen = 0),
      // shrinks the weights at every second batch: a wrong count would show in them
      async onBatchEnd(_record, { system }) {
        if (++seen % 2 !== 0) return;
        const weights = Object.entries(await system.weights()).map(([name, { shape, data }]) =>
          [name, { shape, data: data.map((x) => x * 0.9) }] as const
        );
        await system.setWeights(Object.fromEntries(weights));
      },
      state: () => ({ values: seen }),
      restore: ({ values }) => void (seen = values as number),
    };
    const loss = weightedCrossEntropy([1, 2, 0.5, 1]);
    const schedule = learningRates((epoch, step) => 3e-3 / (1 + epoch + step));
    // the first epoch stays the best: its weights are in the state
    const stop = earlyStopping({ monitor: "accuracy", patience: 2, least: 0.9 });
    return checkResumes(name, smallConvolutional, adam, {}, {
      ...{ loss, schedule, callbacks: [own, stop] },
    });
  });
}

/** Running statistics and what dropout leaves out go on as well. */
const withDropout: Architecture = {
  ...manyLayersForKeras,
  layers: manyLayersForKeras.layers.flatMap((layer): Architecture["layers"] =>
    layer.kind === "flatten" ? [layer, { kind: "dropout", rate: 0.4 }] : [layer]
  ),
};
for (const name of ["torch", "keras"] as const) {
  Deno.test(`${name}: a network with batch normalisation and dropout goes on, with the same bits`, () =>
    checkResumes(name, withDropout, adam));
}

for (const optimizer of [adam, sgd]) {
  Deno.test(`the reference engine goes on with ${optimizer.kind} from any batch, with the same bits`, () =>
    checkResumes("numpy", smallConvolutional, optimizer, { engine: "reference" }));

  Deno.test(`kernels on 1 and 4 threads go on with ${optimizer.kind} with the same bits`, async () => {
    for (const threads of [1, 4]) {
      await checkResumes("numpy", smallConvolutional, optimizer, { threads });
    }
  });

  for (const name of ["torch", "keras"] as const) {
    Deno.test(
      ...needs(
        "the native TensorFlow",
        `${name} on the native TensorFlow goes on with ${optimizer.kind}, with the same bits`,
      ),
      () => checkResumes(name, smallConvolutional, optimizer, { backend: "native" }),
    );
  }
}

Deno.test("a second training of the same batches is found again in its own epochs", async () => {
  const options = fitOptions(perceptron, adam), loader = batchesOf(perceptron);
  using system = await createSystem("numpy", perceptron);
  await system.fit(loader, options);
  const states: TrainingState[] = [];
  await system.fit(loader, {
    ...options,
    onState: async (capture) => void states.push(await capture()),
  });
  assert.deepEqual(states[5]!.firstEpoch, EPOCHS);
  using other = await createSystem("numpy", perceptron);
  await other.fit(batchesOf(perceptron), { ...options, resume: states[5]! });
  assert.deepEqual(await other.weights(), await system.weights());
});

Deno.test("an optimizer begins with the state that another one left, in any system", async () => {
  const options = { epochs: 1, optimizer: adam };
  const train = () => asBatches(randomBatch(perceptron, 6, 8));
  using first = await createSystem("numpy", perceptron);
  const states: TrainingState[] = [];
  await first.fit(train(), {
    ...options,
    onState: async (capture) => void states.push(await capture()),
  });
  for (const name of systemNames) {
    const left: TrainingState[] = [];
    using system = await createSystem(name, perceptron);
    const { optimizer: optimizerState } = states[0]!;
    await system.fit(train(), {
      ...options,
      optimizerState,
      onState: async (capture) => void left.push(await capture()),
    });
    assert.deepEqual([left[0]!.steps, left[0]!.optimizer.steps], [1, 2]);
  }
});

Deno.test("a state that does not fit the training is refused by what is wrong with it", async () => {
  const options = fitOptions(perceptron, adam);
  using system = await createSystem("numpy", perceptron);
  const state = (await trainWhole(system, options)).states[0]!;
  const refused = (changed: Partial<FitOptions>, part: string, train = batchesOf(perceptron)) =>
    assertRejects(
      () => system.fit(train, { ...options, resume: state, ...changed }),
      RangeError,
      part,
    );
  await refused({ optimizer: sgd }, "the optimizer is sgd, the state is that of adam");
  await refused({ resume: { ...state, steps: 10 } }, "stands at 10 batches and 0 whole epochs");
  await refused({ resume: { ...state, steps: 0.5 } }, "stands at 0.5 batches");
  const late = { ...state, steps: 2 * BATCHES + 1, history: Array(2).fill({}) };
  await refused({ epochs: 2, resume: late }, "2 epochs of 3 batches stands at 7 batches");
  assert(state.optimizer.kind === "adam");
  const { mean } = state.optimizer, { shape, data } = mean["output.bias"]!;
  const short = { ...mean, "output.bias": { shape, data: data.slice(1) } };
  await refused(
    { resume: { ...state, optimizer: { ...state.optimizer, mean: short } } },
    "the optimizer's state of output.bias, of shape (6), must hold 6 numbers, got 5",
  );
  await refused({ averaging: 0.9 }, "the state has no mean of the weights");
  await refused({ optimizerState: state.optimizer }, "leave out optimizerState");
  await refused({ resume: { ...state, weights: {} } }, "hidden.weight is missing");
  await refused(
    { resume: { ...state, optimizer: { ...state.optimizer, steps: -1 } } },
    "whole number of steps, got -1",
  );
  const plain = asBatches(randomBatch(perceptron, 6, 8));
  await assertRejects(
    () => system.fit(plain, { ...options, resume: state }),
    RangeError,
    "only with batches that can seek",
  );
});
