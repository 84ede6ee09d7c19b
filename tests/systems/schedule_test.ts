import assert from "node:assert/strict";
import { assertAlmostEquals, assertGreater, assertLess, assertThrows } from "../assert.ts";
import {
  cosineDecay,
  learningRates,
  oneCycle,
  stepDecay,
  type StepPlace,
  warmUp,
} from "../../lib/systems/schedule.ts";

Deno.test("one cycle rises from 4 % to 1 in the first quarter and then falls to 0.1 %", () => {
  assertAlmostEquals(oneCycle(0), 0.04);
  assertAlmostEquals(oneCycle(0.25), 1);
  assertAlmostEquals(oneCycle(1), 1e-3);
  assertAlmostEquals(oneCycle(0.125), 0.52);
  assertAlmostEquals(oneCycle(0.625), (1 + 1e-3) / 2);
  for (let share = 0.01; share < 1; share += 0.01) {
    const step = oneCycle(share) - oneCycle(share - 0.01);
    if (share <= 0.25) assertGreater(step, 0);
    else if (share > 0.26) assertLess(step, 0);
  }
  assert.deepEqual(oneCycle(0.25) <= 1, true);
});

const place: StepPlace = { step: 30, steps: 100, epoch: 3, epochs: 10, learningRate: 0.5 };

Deno.test("cosine decay falls from 1 over a half to 0", () => {
  assertAlmostEquals(cosineDecay(0), 1);
  assertAlmostEquals(cosineDecay(0.5), 0.5);
  assertAlmostEquals(cosineDecay(1), 0);
});

Deno.test("step decay multiplies after every so many epochs", () => {
  const factors = [0, 1, 2, 3, 4].map((epoch) => stepDecay(2, 0.5)(0, { ...place, epoch }));
  assert.deepEqual(factors, [1, 1, 0.5, 0.5, 0.25]);
  assertThrows(() => stepDecay(0), RangeError, "at least 1, got 0");
  // the first epochs would be trained before anybody noticed
  for (const factor of [NaN, -1, Infinity]) {
    assertThrows(() => stepDecay(2, factor), RangeError, `at least 0, got ${factor}`);
  }
});

Deno.test("a warm-up rises in a line and goes on with the rest of the steps", () => {
  const schedule = warmUp(4, (done, { step, steps }) => 10 + done + step + steps);
  const factors = [0, 3, 4, 52].map((step) => schedule(step / 100, { ...place, step }));
  assert.deepEqual(factors, [0.2, 0.8, 106, 154.5]);
});

Deno.test("learning rates themselves become factors on the optimizer's", () => {
  assert.equal(learningRates((epoch, step) => epoch / step)(0.3, place), 0.1 / 0.5);
  const rates = [0.1, 0.01] as unknown as () => number;
  assertThrows(() => learningRates(rates), RangeError, "takes a function, got a list");
  assertThrows(() => warmUp(4, rates), RangeError, "takes a function, got a list");
});
