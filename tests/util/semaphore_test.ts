import assert from "node:assert/strict";
import { assertRejects } from "../assert.ts";
import { Semaphore } from "../../lib/util/semaphore.ts";

Deno.test("no more tasks run at once than there are permits, in the order they came", async () => {
  const permits = new Semaphore(3);
  const started: number[] = [];
  let running = 0, most = 0;
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      permits.run(async () => {
        started.push(i);
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, (7 * i) % 5));
        running--;
        return i;
      })),
  );
  assert.deepEqual(most, 3);
  assert.deepEqual(started, results);
});

Deno.test("a task that fails gives its permit back", async () => {
  const permits = new Semaphore(1);
  await assertRejects(() => permits.run(() => Promise.reject(new Error("lost"))), Error, "lost");
  assert.deepEqual(await permits.run(() => 5), 5);
});
