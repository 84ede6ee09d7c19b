/** Layers by hand, given what they cannot compute with: an error, not numbers that are none. */
import assert from "node:assert/strict";
import {
  ActivationLayer,
  conv,
  dense,
  maxPool,
  softmaxCrossEntropy,
} from "../../../lib/systems/numpy/mod.ts";

const zeros = (length: number) => new Float32Array(length);

Deno.test("fewer numbers than the inputs have, and counts that are none, are refused by each layer", () => {
  const layers = [
    [dense("fc", 16, 3), /^RangeError: fc\.weight: 2 inputs of 16 numbers are needed, got 31/],
    [conv("conv", [1, 4, 4], 2, 3), /^RangeError: conv\.weight: 2 inputs of 16/],
    [maxPool([1, 4, 4], 2), /^RangeError: MaxPool: 2 inputs of 16/],
    [new ActivationLayer("float32", "tanh", 16), /^RangeError: tanh: 2 inputs of 16/],
  ] as const;
  for (const [layer, message] of layers) {
    assert.throws(() => layer.forward(zeros(31), 2), message);
    for (const count of [-1, 1.5, NaN]) {
      assert.throws(() => layer.forward(zeros(64), count), RangeError, `${count}`);
    }
    // the arrays of layers may be longer than what they hold
    assert(layer.forward(zeros(40), 2).length >= 2);
    layer.forward(zeros(0), 0);
  }
  assert.throws(
    () => softmaxCrossEntropy(zeros(5), Int32Array.of(1, 1), 2, 3),
    /the loss: 2 inputs/,
  );
});

Deno.test("layers of no size, and windows that do not fit, are refused by name", () => {
  assert.throws(() => dense("fc", 0, 3), /^RangeError: fc: inputs must be a whole number/);
  assert.throws(() => conv("c", [1, 4, 4], 2, 2.5), /^RangeError: c: kernel must be a whole/);
  assert.throws(() => conv("c", [1, 4, 4], 2, 5), /5×5 does not fit into an image of 4×4/);
  for (const size of [0, 3, 5, NaN]) {
    assert.throws(() => maxPool([1, 4, 4], size), /do not fill an input of 4×4/, `${size}`);
  }
  assert.throws(
    () => new ActivationLayer("float32", "tahn" as never, 1),
    /^RangeError: there is no activation named tahn; there are tanh/,
  );
});
