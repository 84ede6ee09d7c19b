import assert from "node:assert/strict";
import { assertThrows } from "../assert.ts";
import {
  countClasses,
  countMultiplyAdds,
  countParameters,
  lenet5,
  parameterShapes,
  trace,
} from "../../lib/model/architecture.ts";
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { perceptron, smallConvolutional } from "../systems/helpers.ts";

Deno.test("LeNet-5 has the paper's parameters and multiply-adds", () => {
  assert.deepEqual(countParameters(lenet5()), 65_106);
  assert.deepEqual(countMultiplyAdds(lenet5()), 419_880);
  assert.deepEqual(countClasses(lenet5(10)), 10);
});

Deno.test("trace follows the shapes of LeNet-5", () => {
  assert.deepEqual(trace(lenet5()).map(({ output }) => output.join("×")), [
    "6×28×28",
    "6×28×28",
    "6×14×14",
    "16×10×10",
    "16×10×10",
    "16×5×5",
    "400",
    "120",
    "120",
    "84",
    "84",
    "50",
  ]);
});

Deno.test("parameter shapes hold exactly the counted parameters", () => {
  for (const architecture of [lenet5(), smallConvolutional, perceptron]) {
    const held = parameterShapes(architecture)
      .reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0);
    assert.deepEqual(held, countParameters(architecture));
  }
});

Deno.test("a layer that does not fit its input is refused by its name", () => {
  const build = (layers: Parameters<typeof trace>[0]["layers"]) => () =>
    trace({ name: "bad", input: { channels: 1, height: 6, width: 6 }, layers });
  assertThrows(
    build([{ kind: "conv", name: "c", filters: 2, kernel: 7 }]),
    RangeError,
    "c: kernel 7 is larger than its input 6×6",
  );
  assertThrows(
    build([{ kind: "conv", name: "c", filters: 0, kernel: 3 }]),
    RangeError,
    "c: filters must be a whole number of at least 1, got 0",
  );
  assertThrows(build([{ kind: "maxpool", size: 4 }]), RangeError, "not a multiple of pool size 4");
  assertThrows(build([{ kind: "dense", name: "d", units: 3 }]), RangeError, "add a flatten");
  assertThrows(
    build([{ kind: "flatten" }, { kind: "conv", name: "c", filters: 2, kernel: 3 }]),
    RangeError,
    "got a flat 36",
  );
  assertThrows(
    build([{ kind: "flatten" }, { kind: "dense", name: "d", units: 3 }, {
      kind: "dense",
      name: "d",
      units: 3,
    }]),
    RangeError,
    "two layers are named d",
  );
});

/** Hides the type of a value, as untyped JavaScript does. */
// deno-lint-ignore no-explicit-any
const untyped = (value: unknown) => value as any;

const perceptronWith = (...layers: unknown[]) =>
  untyped({ ...perceptron, layers: [...perceptron.layers.slice(0, 2), ...layers] });

Deno.test("an unknown kind of layer is refused by name", () => {
  for (const kind of ["gelu", "lstm", "toString", undefined, 3]) {
    const network = perceptronWith({ kind, rate: 0.5 }, perceptron.layers.at(-1));
    for (const use of [trace, countParameters, countClasses, parameterShapes]) {
      assertThrows(
        () => use(network),
        RangeError,
        `layer 2 has the unknown kind ${kind}; there are conv, maxpool, avgpool`,
      );
    }
  }
  for (const layer of [null, "tanh", 7, []]) {
    assertThrows(() => trace(perceptronWith(layer)), RangeError, "layer 2 must be an object");
  }
});

Deno.test("an unknown option of a layer is refused by the names of both", () => {
  const refused = (layer: unknown, message: string) =>
    assertThrows(
      () => trace(untyped({ ...smallConvolutional, layers: [layer] })),
      RangeError,
      message,
    );
  const conv = { kind: "conv", name: "c", filters: 2, kernel: 3 };
  refused(
    { ...conv, dilation: 2 },
    "c has the unknown option dilation; a conv layer has kind, name",
  );
  refused({ kind: "avgpool", size: 2, padding: 1 }, "only convolutions have padding");
  refused({ ...conv, activation: "relu" }, "an activation is a layer of its own");
  refused(
    { kind: "maxpool", size: 2, stride: 1 },
    "maxpool (layer 0) has the unknown option stride",
  );
  refused({ kind: "tanh", alpha: 1 }, "tanh (layer 0) has the unknown option alpha");
  refused({ kind: "flatten", size: 1 }, "flatten (layer 0) has the unknown option size");
  refused({ ...conv, constructor: 1 }, "c has the unknown option constructor");
  refused({ kind: "conv", name: "c", filters: 2 }, "c: kernel must be a whole number");
  refused({ ...conv, filters: "2" }, "c: filters must be a whole number");
  refused({ ...conv, filters: 2 ** 31 }, "c: filters must be at most 2147483647");
  refused({ ...conv, name: "c.d" }, "must not contain a dot");
  refused({ ...conv, name: undefined }, "conv (layer 0): name must be a text");
  refused({ kind: "dense", name: "", units: 2 }, "dense (layer 0): name must be a text");
});

Deno.test("an architecture's own options are checked, and so are lenet5's", () => {
  const refused = (change: object, message: string) =>
    assertThrows(() => trace(untyped({ ...perceptron, ...change })), RangeError, message);
  refused({ classes: 5 }, "the architecture has the unknown option classes");
  refused({ name: 3 }, "the architecture: name must be a text, got 3");
  refused({ layers: [] }, "at least one layer");
  refused({ layers: "tanh" }, "at least one layer");
  refused({ input: [1, 2, 3] }, "input must be an object");
  refused({ input: { ...perceptron.input, depth: 1 } }, "input has the unknown option depth");
  refused({ input: { channels: 1, height: 0, width: 3 } }, "input: height must be a whole number");
  for (const nothing of [null, undefined, "LeNet-5", []]) {
    assertThrows(() => trace(untyped(nothing)), RangeError, "the architecture must be an object");
  }
  assertThrows(
    () => lenet5(50, untyped({ activation: "relu" })),
    RangeError,
    "lenet5 has the unknown option activation; lenet5 has input, convActivation, denseActivation",
  );
  assertThrows(() => lenet5(50, untyped({ convActivation: "gelu" })), RangeError, "kind gelu");
  assertThrows(() => lenet5(2.5), RangeError, "fc3: units must be a whole number");
});

Deno.test("a network that is too large to be counted is refused before anything is allocated", () => {
  const input = { channels: 1, height: 100_000, width: 100_000 };
  assertThrows(
    () => trace({ ...perceptron, input }),
    RangeError,
    "flatten (layer 0): the number of its outputs must be at most 2147483647, got 10000000000",
  );
  assertThrows(
    () =>
      trace({
        ...perceptron,
        layers: [{ kind: "flatten" }, { kind: "dense", name: "d", units: 2 ** 30 }],
      }),
    RangeError,
    "d: the number of its parameters must be at most",
  );
});

Deno.test("an unknown initialisation is refused by name", () => {
  assertThrows(
    () => initialWeights(perceptron, untyped("he"), 1),
    RangeError,
    "there is no initialisation named he; there are lecun, pytorch and keras",
  );
});
