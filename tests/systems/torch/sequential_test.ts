/** Modules that a Sequential computes in one. */
import assert from "node:assert/strict";
import { openBackend, withBackend } from "../../../lib/backend/choose_backend.ts";
import * as tf from "../../../lib/backend/tf.ts";
import { Linear, Sequential, Tanh } from "../../../lib/systems/torch/torch_layers.ts";
import type { Module } from "../../../lib/systems/torch/module.ts";

const backend = await openBackend("kernels");

/** A tanh, and a layer, of whose own makers one knows nothing. */
class Doubled extends Tanh {
  override forward(input: tf.Tensor): tf.Tensor {
    return tf.mul(super.forward(input), 2);
  }
}
class Shifted extends Linear {
  override forward(input: tf.Tensor): tf.Tensor {
    return tf.add(super.forward(input), 3);
  }
}

async function compute(layer: Linear, activation: Module): Promise<[number[], string[]]> {
  layer.bias.data.assign(tf.tensor1d([0.5, -1]));
  const model = new Sequential([["layer", layer], ["activation", activation]]);
  let numbers: number[] = [];
  const { kernelNames } = await tf.profile(() =>
    withBackend(backend, () => {
      const y = model.forward(tf.zeros([1, 3]));
      numbers = [...y.dataSync()];
      return y;
    })
  );
  return [numbers, kernelNames.filter((name) => name !== "Fill")];
}

Deno.test("a layer and its tanh are one kernel, unless one of them has a forward of its own", async () => {
  await tf.setBackend(backend.tfName);
  const tanh = (x: number) => Math.tanh(x);
  const near = (found: number[], wanted: number[]) =>
    found.forEach((x, i) => assert(Math.abs(x - wanted[i]!) < 1e-6, `${found} is not ${wanted}`));
  const [plain, kernels] = await compute(new Linear(3, 2), new Tanh());
  near(plain, [tanh(0.5), tanh(-1)]);
  assert.deepEqual(kernels, ["LinearForward"]);
  near((await compute(new Linear(3, 2), new Doubled()))[0], [2 * tanh(0.5), 2 * tanh(-1)]);
  near((await compute(new Shifted(3, 2), new Tanh()))[0], [tanh(3.5), tanh(2)]);
});
