/** Keras's Adam in a program of one's own. */
import assert from "node:assert/strict";
import { Adam } from "../../../lib/systems/keras/mod.ts";

Deno.test("Keras's Adam has Keras's learning rate by default, and refuses what is none", () => {
  const optimizer = new Adam();
  assert.equal(optimizer.getConfig().learningRate, 0.001);
  optimizer.dispose();
  for (const rate of [NaN, -1, 0, "x", { learningRate: 0.1 }]) {
    assert.throws(() => new Adam(rate as number), /^RangeError: learningRate must be above 0/);
  }
  assert.throws(() => new Adam(0.1, -1), /^RangeError: weightDecay must be at least 0/);
});
