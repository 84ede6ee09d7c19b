import assert from "node:assert/strict";
import { assertAlmostEquals, assertGreater, assertLess } from "../assert.ts";
import { oneCycle } from "../../lib/systems/schedule.ts";

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
