/** Leaky ReLU, ELU, GELU, SiLU and softplus, in the systems that have them. */
import assert from "node:assert/strict";
import { assertGreater, assertLess, assertRejects, assertThrows } from "../assert.ts";
import { activate } from "../../lib/backend/further_activations.ts";
import { openBackend, withBackend } from "../../lib/backend/choose_backend.ts";
import * as tf from "../../lib/backend/tf.ts";
import { pruneStructured } from "../../lib/compression/structured.ts";
import {
  type Architecture,
  type FurtherActivation,
  furtherActivations,
  trace,
} from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { createSystem } from "../../lib/systems/create_system.ts";
import { asBatches, maxDifference, randomBatch, smallConvolutional } from "./helpers.ts";

const points = [-3, -1, -0.25, 0.25, 1, 3];

/**
 * What torch.nn.functional gives at the points: leaky_relu, elu, gelu, silu, softplus with their defaults. The
 * values of GELU are x·Φ(x) with Φ from tables of the normal distribution.
 */
const expected: Readonly<Record<FurtherActivation, readonly number[]>> = {
  leaky_relu: [-0.03, -0.01, -0.0025, 0.25, 1, 3],
  elu: [-0.950213, -0.632121, -0.221199, 0.25, 1, 3],
  gelu: [-0.00404969, -0.158655, -0.100323, 0.149677, 0.841345, 2.99595],
  silu: [-0.142278, -0.268941, -0.109456, 0.140544, 0.731059, 2.857722],
  softplus: [0.0485874, 0.313262, 0.575939, 0.825939, 1.313262, 3.048587],
};

/** A network with the activation behind a convolution, behind a pooling and behind a dense layer. */
const withActivation = (name: FurtherActivation): Architecture => ({
  ...smallConvolutional,
  layers: smallConvolutional.layers.flatMap((layer): Architecture["layers"] =>
    layer.kind === "tanh"
      ? [{ kind: "activation", function: name }]
      : layer.kind === "maxpool"
      ? [layer, { kind: "activation", function: name }]
      : [layer]
  ),
});

for (const name of furtherActivations) {
  Deno.test(`${name}: values are PyTorch's, and slopes their central differences`, async () => {
    const backend = await openBackend("kernels");
    const [values, slopes] = withBackend(backend, () =>
      tf.tidy(() => {
        const x = tf.tensor1d(points);
        const slope = tf.grad((x: tf.Tensor) => tf.sum(activate(name, x)));
        return [activate(name, x).dataSync(), slope(x).dataSync()];
      }));
    assertLess(maxDifference(values!, expected[name]), 2e-6);
    const at = (by: number) =>
      withBackend(
        backend,
        () => tf.tidy(() => activate(name, tf.tensor1d(points.map((x) => x + by))).dataSync()),
      );
    const [above, below] = [at(1e-2), at(-1e-2)];
    const differences = points.map((_, i) => (above[i]! - below[i]!) / 2e-2);
    assertLess(maxDifference(slopes!, differences), 1e-4);
  });

  Deno.test(`${name}: torch and keras train the same network alike`, async () => {
    const architecture = withActivation(name), batch = randomBatch(architecture, 4, 6);
    const start = initialWeights(architecture, "lecun", 1);
    const optimizer = { kind: "sgd", learningRate: 0.1, momentum: 0.9 } as const;
    const found = [];
    for (const system of ["torch", "keras"] as const) {
      using own = await createSystem(system, architecture);
      await own.setWeights(start);
      await own.fit(asBatches(batch), { epochs: 4, optimizer });
      const weights = Object.values(await own.weights()).flatMap(({ data }) => [...data]);
      found.push([...weights, ...await own.predict(batch.images, batch.size)]);
    }
    assertLess(maxDifference(found[0]!, found[1]!), 1e-4);
    const before = Object.values(start).flatMap(({ data }) => [...data]);
    assertGreater(maxDifference(found[0]!.slice(0, before.length), before), 1e-3, "it trains");
  });

  Deno.test(`${name}: the hand-written system and the compression refuse it by name`, async () => {
    const architecture = withActivation(name);
    const message = `${name} is for the torch and the keras system only`;
    await assertRejects(() => createSystem("numpy", architecture), RangeError, message);
    const weights = initialWeights(architecture, "lecun", 1);
    assertThrows(() => pruneStructured(architecture, weights, { conv: 0.2 }), RangeError, message);
  });
}

Deno.test("an activation that is not known is refused with the list", () => {
  const layers = [{ kind: "activation", function: "mish" }] as unknown as Architecture["layers"];
  assertThrows(
    () => trace({ ...smallConvolutional, layers }),
    RangeError,
    "function must be one of leaky_relu, elu, gelu, silu, softplus, got mish",
  );
  assert.equal(trace(withActivation("gelu")).length, smallConvolutional.layers.length + 1);
});
