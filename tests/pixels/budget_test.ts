import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { Budget } from "../../lib/pixels/budget.ts";

Deno.test("tasks never use more than the budget together, but for one alone, and all are run", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(
      fc.record({ amount: fc.integer({ min: 1, max: 30 }), turns: fc.nat(4), fails: fc.boolean() }),
      {
        maxLength: 30,
      },
    ),
    async (tasks) => {
      const budget = new Budget(20);
      let used = 0, running = 0;
      const started: number[] = [];
      const results = await Promise.allSettled(
        tasks.map(({ amount, turns, fails }, i) =>
          budget.run(amount, async () => {
            started.push(i);
            used += amount;
            running++;
            assert(used <= 20 || running === 1, `${running} tasks use ${used}`);
            for (let turn = 0; turn < turns; turn++) await Promise.resolve();
            used -= amount;
            running--;
            if (fails) throw new Error("on purpose");
            return i;
          })
        ),
      );
      assert.deepEqual(started, tasks.map((_, i) => i));
      assert.deepEqual(
        results.map(({ status }) => status),
        tasks.map(({ fails }) => fails ? "rejected" : "fulfilled"),
      );
    },
  ));
});
