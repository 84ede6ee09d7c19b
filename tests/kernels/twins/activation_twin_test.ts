/**
 * The kernels of assembly/activation.ts. ReLU is exact. tanh is a rational function whose relative
 * error, with rounding, stays below 4e-7 (2.8e-7 was measured); the logistic function is half of 1
 * + tanh, and its error stays below 2e-7 (1.5e-7 was measured). A derivative from the result y is
 * one to three roundings of numbers not above 1.
 */
import fc from "../../fast_check.ts";
import { activationNumber } from "../../../lib/kernels/activation_number.ts";
import { DenseLayer } from "../../../lib/kernels/kernel_interface.ts";
import * as twins from "../../../lib/kernels/twins/kernel_twins.ts";
import { type Activation, activations } from "../../../lib/model/architecture.ts";
import { Rng } from "../../../lib/util/rng.ts";
import { exactly, magnitudes, times, UNIT, within } from "./expectations.ts";
import { testAgainstTwin } from "./test_against_twin.ts";

const TANH_ERROR = 4e-7, SIGMOID_ERROR = 2e-7;

/** Where activations are saturated, zero, tiny, or at the ends of the kernels' range. */
const SPECIAL = [0, -0, Infinity, -Infinity, 1e30, -1e30, 8, -8, 8.000001, 88, -88, 1e-30, -1e-8];

/** Numbers of all sizes from 1e-4 to 20 that matter, and special ones between them. */
function drawArguments(seed: number, length: number): Float32Array<ArrayBuffer> {
  const rng = new Rng(seed);
  return Float32Array.from(
    { length },
    () => rng.int(8) === 0 ? rng.pick(SPECIAL) : rng.normal() * 10 ** rng.uniform(-4, 1),
  );
}

const kind = fc.constantFrom(...activations);
const seed = fc.integer({ min: 0, max: 2 ** 31 - 1 });

/** What an activation may give. */
function expected(kind: Activation, values: Float64Array) {
  if (kind === "relu") return exactly(values);
  const bounds = kind === "tanh" ? times(TANH_ERROR, magnitudes(values)) : SIGMOID_ERROR;
  return within(values, bounds);
}

testAgainstTwin({
  kernel: "activate",
  shapes: fc.record({ kind, sixteens: fc.integer({ min: 0, max: 20 }), seed }),
  examples: activations.map((kind) => ({ kind, sixteens: 200, seed: 1 })),
  data: ({ kind, sixteens, seed }) => ({ kind, x: drawArguments(seed, 16 * sixteens) }),
  call(harness, { kind, x }) {
    const buffer = harness.output("x", x);
    harness.call((kernels) => kernels.activate(activationNumber(kind), buffer.at, x.length));
    return { x: buffer.read() };
  },
  twin: ({ kind, x }) => ({ x: expected(kind, twins.activate(kind, x)) }),
});

testAgainstTwin({
  kernel: "addBiasActivate",
  shapes: fc.record({
    kind,
    rows: fc.integer({ min: 0, max: 9 }),
    eights: fc.integer({ min: 1, max: 9 }),
    seed,
  }),
  data({ kind, rows, eights, seed }) {
    const bias = new Rng(seed);
    return {
      ...{ kind, rows, x: drawArguments(seed, rows * 8 * eights) },
      bias: Float32Array.from({ length: 8 * eights }, () => bias.normal()),
    };
  },
  call(harness, { kind, rows, x, bias }) {
    const layer = harness.descriptor(DenseLayer, {
      bias: harness.input("bias", bias),
      outBytes: 4 * bias.length,
      activation: activationNumber(kind),
    });
    const buffer = harness.output("x", x);
    harness.call((kernels) => kernels.addBiasActivate(layer, rows, buffer.at));
    return { x: buffer.read() };
  },
  twin: ({ kind, x, bias }) => ({ x: expected(kind, twins.addBiasActivate(kind, x, bias)) }),
});

testAgainstTwin({
  kernel: "activationBackward",
  shapes: fc.record({ kind, eights: fc.integer({ min: 0, max: 40 }), seed }),
  data({ kind, eights, seed }) {
    const rng = new Rng(seed), range = { tanh: [-1, 1], sigmoid: [0, 1], relu: [0, 5] }[kind];
    const y = () => rng.int(4) === 0 ? rng.pick([0, 1, range[0]!]) : rng.uniform(...range);
    const length = 8 * eights;
    return {
      ...{ kind, g: Float32Array.from({ length }, () => rng.normal()) },
      y: Float32Array.from({ length }, y),
    };
  },
  call(harness, { kind, g, y }) {
    const results = harness.input("y", y), buffer = harness.output("g", g);
    harness.call((kernels) =>
      kernels.activationBackward(activationNumber(kind), g.length, buffer.at, results)
    );
    return { g: buffer.read() };
  },
  twin({ kind, g, y }) {
    const values = twins.activationBackward(kind, g, y);
    return {
      g: kind === "relu" ? exactly(values) : within(values, times(3 * UNIT, magnitudes(g))),
    };
  },
});
