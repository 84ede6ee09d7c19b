/** Any network that the layers allow comes back from every format as it was. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { seededWeights } from "../../bench/roundtrips/networks.ts";
import {
  type Activation,
  activations,
  type Architecture,
  type Layer,
} from "../../lib/model/architecture.ts";
import {
  decodeKeras,
  decodeOnnx,
  decodePytorch,
  decodeTfjs,
  encodeKeras,
  encodeOnnx,
  encodePytorch,
  encodeTfjs,
} from "../../lib/formats/mod.ts";

/** What may stand in a block of convolution: each part or none. */
const block = fc.record({
  filters: fc.integer({ min: 1, max: 4 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.constantFrom(undefined, 2),
  padding: fc.constantFrom(undefined, 1, 2),
  batchnorm: fc.boolean(),
  activation: fc.constantFrom<Activation | undefined>(undefined, ...activations),
  // an activation behind something else than the layer that it belongs to
  late: fc.constantFrom<Activation | undefined>(undefined, ...activations),
  dropout: fc.constantFrom(undefined, 0.25, 0.3),
});

const networks = fc.record({
  input: fc.record({
    channels: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 5, max: 12 }),
    width: fc.integer({ min: 5, max: 12 }),
  }),
  blocks: fc.array(block, { maxLength: 2 }),
  units: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
  hidden: fc.constantFrom(...activations),
  normalised: fc.boolean(),
}).map(({ input, blocks, units, hidden, normalised }) => {
  const layers: Layer[] = [];
  blocks.forEach((block, i) => {
    const { filters, kernel, stride, padding, batchnorm, activation, late, dropout } = block;
    layers.push({
      ...{ kind: "conv", name: `conv${i}`, filters, kernel },
      ...(stride ? { stride } : {}),
      ...(padding ? { padding } : {}),
    });
    if (activation) layers.push({ kind: activation });
    if (batchnorm) layers.push({ kind: "batchnorm", name: `bn${i}` });
    if (dropout) layers.push({ kind: "dropout", rate: dropout });
    layers.push({ kind: i % 2 === 0 ? "maxpool" : "avgpool", size: 1 });
    if (late) layers.push({ kind: late });
  });
  layers.push({ kind: "flatten" });
  units.forEach((units, i) => {
    if (i > 0) layers.push({ kind: hidden });
    layers.push({ kind: "dense", name: `fc${i}`, units });
  });
  const architecture: Architecture = { name: "any", input: { ...input }, layers };
  const normalisation = { mean: 100.1, std: 50.3 };
  return { architecture, ...(normalised ? { normalisation } : {}) };
});

Deno.test("any network comes back from ONNX, Keras, TensorFlow.js and PyTorch as it was", async () => {
  await fc.assert(
    fc.asyncProperty(networks, fc.nat(1000), async ({ architecture, normalisation }, seed) => {
      const weights = seededWeights(architecture, seed);
      const network = { architecture, weights, ...(normalisation ? { normalisation } : {}) };
      assert.deepEqual(decodeOnnx(encodeOnnx(network)), network);
      assert.deepEqual(decodePytorch(encodePytorch(network), architecture), weights);
      const files = await encodeTfjs(network);
      const read = (name: string) => Promise.resolve(files[name]!);
      const others = [
        await decodeKeras(await encodeKeras(network)),
        await decodeTfjs(files["model.json"]!, read),
      ];
      for (const found of others) {
        assert.deepEqual(found.architecture, architecture);
        assert.deepEqual(found.weights, weights);
        const { mean = 0, std = 1 } = found.normalisation ?? {};
        assert(Math.abs(mean - (normalisation?.mean ?? 0)) < 1e-12);
        assert(Math.abs(std - (normalisation?.std ?? 1)) < 1e-12);
      }
    }),
    { numRuns: 60 },
  );
});
