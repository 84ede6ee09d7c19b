/** The short training step of a stack of layers against tfjs's own. */
import assert from "node:assert/strict";
import { openBackend, withBackend } from "../../../lib/backend/choose_backend.ts";
import { FusedAdam } from "../../../lib/backend/fused_optimizers.ts";
import * as tf from "../../../lib/backend/tf.ts";
import { type Architecture, lenet5 } from "../../../lib/model/architecture.ts";
import { acc, labelLoss } from "../../../lib/systems/keras/label_loss.ts";
import { KerasSystem } from "../../../lib/systems/keras/keras_system.ts";
import { buildModel } from "../../../lib/systems/keras/sequential_model.ts";
import {
  type CompiledModel,
  stackStep,
  type TrainStep,
} from "../../../lib/systems/keras/stack_step.ts";
import { asBatches, perceptron, randomBatch } from "../helpers.ts";
import { manyLayersForKeras } from "../many_layers.ts";

const backend = await openBackend("kernels");

type Inside = CompiledModel & { makeTrainFunction(): TrainStep };

/** The model that tfjs trains inside of a compiled Sequential. */
function inside(model: tf.Sequential, rule: tf.Optimizer): Inside {
  model.compile({ optimizer: rule, loss: labelLoss, metrics: [acc] });
  return (model as unknown as { readonly model: Inside }).model;
}

/** Loss and accuracy of some steps, and the weights after them. */
function learned(architecture: Architecture, classes: number, isShort: boolean): number[][] {
  const model = buildModel(architecture, 1), rule = new FusedAdam(0.01, 1e-7);
  const own = inside(model, rule);
  const step = isShort ? stackStep(model, own, rule, acc)! : own.makeTrainFunction();
  const { channels, height, width } = architecture.input;
  const measured = [3, 20, 7].map((size, seed) =>
    tf.tidy(() => {
      const { images, labels } = randomBatch(architecture, classes, size, seed);
      const x = tf.tensor4d(images, [size, height, width, channels]);
      return step([x, tf.tensor2d(labels, [size, 1], "float32")]).map((s) => s.dataSync()[0]!);
    }) as unknown as number[]
  );
  const weights = model.getWeights().map((tensor) => [...tensor.dataSync()]);
  tf.dispose([model, rule] as never);
  return [...measured, ...weights];
}

Deno.test("the short step learns the bits of tfjs's own, with every kind of layer", () => {
  withBackend(backend, () => {
    const { layers } = perceptron;
    const dropout = {
      ...perceptron,
      layers: layers.toSpliced(3, 0, { kind: "dropout", rate: 0.4 }),
    };
    const cases = [[lenet5(10), 10], [manyLayersForKeras, 5], [dropout, 6]] as const;
    for (const [architecture, classes] of cases) {
      const short = learned(architecture as Architecture, classes, true);
      assert.deepEqual(short, learned(architecture as Architecture, classes, false));
    }
  });
});

Deno.test("layers with a penalty, or that nobody here knows, are left to tfjs's step", () => {
  withBackend(backend, () => {
    const rule = new FusedAdam(0.01, 1e-7);
    const { dense, softmax, masking } = tf.layers;
    const kernelRegularizer = "l1l2", inputShape = [4];
    for (
      const layers of [
        [dense({ units: 3, kernelRegularizer, inputShape }), softmax()],
        [masking({ inputShape }), dense({ units: 3 }), softmax()],
        [dense({ units: 3, inputShape })],
      ]
    ) {
      const model = tf.sequential({ layers });
      assert.equal(stackStep(model, inside(model, rule), rule, acc), undefined);
      model.dispose();
    }
  });
});

Deno.test("a model with a penalty on its weights trains with it", async () => {
  const { layers } = tf;
  const trained = async (kernelRegularizer?: string) => {
    const given = kernelRegularizer ? { kernelRegularizer } : {};
    const model = withBackend(backend, () =>
      tf.sequential({
        layers: [
          layers.flatten({ inputShape: [6, 5, 1] }),
          layers.dense({ units: 9, activation: "tanh", ...given } as never),
          layers.dense({ units: 6 }),
          layers.softmax(),
        ],
      }));
    using system = new KerasSystem(perceptron, { backend, model });
    const optimizer = { kind: "sgd", learningRate: 0.1, momentum: 0 } as const;
    await system.fit(asBatches(randomBatch(perceptron, 6, 20)), { epochs: 1, optimizer });
    return Object.values(await system.weights()).map(({ data }) => [...data]);
  };
  assert.notDeepEqual(await trained("l1l2"), await trained());
});

Deno.test("a step that fails leaves no tensors behind", () => {
  withBackend(backend, () => {
    const model = buildModel(perceptron, 1), rule = new FusedAdam(0.01, 1e-7);
    const step = stackStep(model, inside(model, rule), rule, acc)!;
    rule.applyGradients = () => {
      throw new Error("no update");
    };
    const data = [tf.zeros([2, 6, 5, 1]), tf.zeros([2, 1])];
    const count = () => tf.memory().numTensors;
    const fails = () => assert.throws(() => tf.tidy(() => void step(data)), /no update/);
    fails();
    const before = count();
    fails();
    assert.equal(count() - before, 0);
    tf.dispose(data);
    model.dispose();
  });
});
