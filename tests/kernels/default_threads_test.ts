import assert from "node:assert/strict";
import { assertRejects, assertThrows } from "../assert.ts";
import { withEnvironment } from "../environment.ts";
import { openBackend } from "../../lib/backend/choose_backend.ts";
import { defaultThreads } from "../../lib/kernels/default_threads.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { NumpySystem } from "../../lib/systems/numpy/numpy_system.ts";

const withThreads = (value: string, work: () => void | Promise<void>) =>
  withEnvironment({ LENET_THREADS: value }, work);

Deno.test("the kernels refuse more threads than they take, whoever asks for them", async () => {
  for (const threads of [0, 1.5, 65, 999]) {
    const message = `threads must be a whole number from 1 to 64, but it is ${threads};`;
    assertThrows(() => new NumpySystem(lenet5(3), { threads }), RangeError, message);
    await assertRejects(() => openBackend("kernels", { threads }), RangeError, message);
  }
});

Deno.test("LENET_THREADS holds the kernels and the kernels backend to so many threads", () =>
  withThreads("1", async () => {
    using system = new NumpySystem(lenet5(3));
    assert.match(system.runsOn, /, 1 thread\)$/);
    assert.match((await openBackend("kernels")).runsOn, /, 1 thread\)$/);
  }));

Deno.test("a LENET_THREADS that is no number of threads is refused by name", async () => {
  for (const value of ["0", "-1", "two", "1.5", "1e1", "65", "999"]) {
    await withThreads(value, () => {
      assert.throws(
        () => defaultThreads(),
        new RegExp(`LENET_THREADS must be .* 1 to 64, .*"${value}"`),
      );
    });
  }
  await withThreads("64", () => assert.equal(defaultThreads(), 64));
  await withThreads("", () => assert([1, 2, 4].includes(defaultThreads())));
});
