/** Networks that somebody builds, as the notebooks do, trained in place of those that the systems build. */
import assert from "node:assert/strict";
import { lenet5 } from "../../lib/model/architecture.ts";
import { PackedPixels } from "../../lib/pixels/packed.ts";
import { prepareRun, trainRun } from "../../lib/runs/train_run.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { TrainingRecord } from "../../lib/runs/training_record.ts";
import { createSystem } from "../../lib/systems/create_system.ts";
import { layers, sequential } from "../../lib/systems/keras/mod.ts";
import { conv, dense, maxPool } from "../../lib/systems/numpy/mod.ts";
import type { FloatArray, NumpyLayer } from "../../lib/systems/numpy/mod.ts";
import {
  backward,
  Conv2d,
  CrossEntropyLoss,
  flatten,
  Linear,
  maxPool2d,
  Module,
  Optimizer,
  tanh,
  type Tensor,
  tensor1d,
  tensor4d,
  type TorchSystem,
} from "../../lib/systems/torch/mod.ts";
import { Rng } from "../../lib/util/rng.ts";

const classes = 5;
const architecture = lenet5(classes);

class LeNet5 extends Module {
  conv1 = new Conv2d(1, 6, 5);
  conv2 = new Conv2d(6, 16, 5);
  fc1 = new Linear(400, 120);
  fc2 = new Linear(120, 84);
  fc3 = new Linear(84, classes);

  override forward(x: Tensor): Tensor {
    x = maxPool2d(tanh(this.conv1.forward(x)), 2);
    x = maxPool2d(tanh(this.conv2.forward(x)), 2);
    x = tanh(this.fc1.forward(flatten(x)));
    x = tanh(this.fc2.forward(x));
    return this.fc3.forward(x);
  }
}

class Tanh implements NumpyLayer {
  readonly parameters = [];
  #y: FloatArray = new Float32Array();
  forward(x: FloatArray) {
    return this.#y = x.map(Math.tanh);
  }
  backward(dy: FloatArray) {
    return dy.map((d, i) => d * (1 - this.#y[i]! ** 2));
  }
}

const byHand = () => [
  ...[conv("conv1", [1, 32, 32], 6, 5), new Tanh(), maxPool([6, 28, 28], 2)],
  ...[conv("conv2", [6, 14, 14], 16, 5), new Tanh(), maxPool([16, 10, 10], 2)],
  ...[dense("fc1", 400, 120), new Tanh(), dense("fc2", 120, 84), new Tanh()],
  dense("fc3", 84, classes),
];

const kerasModel = (units = classes) => {
  const activation = "tanh";
  return sequential([
    layers.conv2d({ filters: 6, kernelSize: 5, activation, inputShape: [32, 32, 1] }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.conv2d({ filters: 16, kernelSize: 5, activation }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dense({ units: 120, activation }),
    layers.dense({ units: 84, activation }),
    layers.dense({ units }),
    layers.softmax(),
  ]);
};

function pixels(count: number, seed: number): PackedPixels {
  const rng = new Rng(seed);
  const levels = Uint8Array.from({ length: count * 1024 }, () => rng.int(256));
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
  return new PackedPixels(levels, labels, 1, 32, 32, `${seed}`);
}
const data = { train: pixels(60, 1), val: pixels(20, 2), test: pixels(20, 3) };

Deno.test("the network of a class with a forward trains to the bits of the one described", async () => {
  const configuration = runConfiguration({
    system: "torch",
    architecture,
    epochs: 2,
    batchSize: 16,
  });
  const described = await trainRun(configuration, data);
  const prepared = await prepareRun(configuration, data, { model: new LeNet5() });
  const system = prepared.system as TorchSystem;
  const criterion = new CrossEntropyLoss();
  const optimizer = new Optimizer(system.model.parameters(), configuration.optimizer);
  const record = new TrainingRecord(configuration, prepared, data);
  for (const _ of record.epochs()) {
    for await (const { images, labels, size } of prepared.train) {
      const loss = system.tidy(() => {
        const [x, y] = [tensor4d(images, [size, 1, 32, 32]), tensor1d(labels, "int32")];
        optimizer.zeroGrad();
        const loss = backward(system.model, () => criterion.forward(system.model.forward(x), y));
        optimizer.step();
        return loss.dataSync()[0]!;
      });
      await record.batch(size, { loss: loss * size, correct: 0 });
    }
    await record.endEpoch();
  }
  const run = await record.run();
  assert.equal(run.stopped, undefined);
  assert.deepEqual(run.weights, described.weights);
  assert.deepEqual(run.history.map(({ loss }) => loss), described.history.map(({ loss }) => loss));
  system.dispose();
});

Deno.test("a Sequential that somebody stacked trains to the bits of the one described", async () => {
  const configuration = runConfiguration({
    system: "keras",
    architecture,
    epochs: 2,
    batchSize: 16,
  });
  const described = await trainRun(configuration, data);
  const { system, train } = await prepareRun(configuration, data, { model: kerasModel() });
  await system.fit(train, { epochs: 2, optimizer: configuration.optimizer });
  assert.deepEqual(await system.weights(), described.weights);
  system.dispose();
});

Deno.test("layers written by hand train as those described", async () => {
  const configuration = runConfiguration({
    system: "numpy",
    architecture,
    epochs: 1,
    batchSize: 16,
  });
  const { optimizer } = configuration;
  const described = await trainRun(configuration, data);
  const prepared = await prepareRun(configuration, data, { layers: byHand() });
  assert.equal(prepared.system.runsOn, "reference");
  const [record] = await prepared.system.fit(prepared.train, { epochs: 1, optimizer });
  assert(Math.abs(record!.loss - described.history[0]!.loss) < 1e-5);
  prepared.system.dispose();
});

Deno.test("a network of other shapes is refused by the parameter that differs", async () => {
  const wrong = byHand();
  wrong[6] = dense("fc1", 400, 100);
  const refused: readonly [() => Promise<unknown>, RegExp][] = [
    [
      () => createSystem("numpy", architecture, { layers: wrong }),
      /the layers have fc1.weight \(100, 400\) where LeNet-5 has fc1.weight \(120, 400\)/,
    ],
    [
      () => createSystem("numpy", architecture, { layers: byHand().slice(0, 8) }),
      /nothing where .* fc2/,
    ],
    [
      () => createSystem("torch", architecture, { model: new Linear(2, 3) }),
      /unexpected in the state: conv1.weight/,
    ],
    [() => createSystem("torch", architecture, { model: {} }), /must be a Module/],
    [() => createSystem("keras", architecture, { model: kerasModel(7) }), /\(84, 7\)/],
    [() => createSystem("keras", architecture, { model: {} }), /must be a Sequential/],
    [
      () =>
        createSystem("keras", architecture, {
          model: sequential([layers.dense({ inputShape: [2], units: 3 })]),
        }),
      /last layer must be layers.softmax/,
    ],
  ];
  for (const [make, message] of refused) await assert.rejects(make, { message });
});
