import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertThrows } from "../assert.ts";
import { TensorMemory } from "../../lib/backend/tensor_memory.ts";

Deno.test("blocks begin at cache lines, have the size asked for and never overlap", () => {
  const step = fc.record({ bytes: fc.integer({ min: 0, max: 5000 }), frees: fc.nat(20) });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const memory = new TensorMemory(100, 100_000);
    const held = new Map<number, number>();
    for (const { bytes, frees } of steps) {
      try {
        held.set(memory.allocate(bytes), bytes);
      } catch (error) {
        assert(error instanceof RangeError && error.message.startsWith("out of memory"));
      }
      for (const at of [...held.keys()].slice(0, frees % 3)) {
        held.delete(at);
        memory.free(at);
      }
      const blocks = [...held].sort((a, b) => a[0] - b[0]);
      blocks.forEach(([at, size], i) => {
        assert.deepEqual(at % 64, 0);
        assert(at >= 100 && at + size <= (blocks[i + 1]?.[0] ?? 100_000));
      });
      assert.deepEqual(memory.blocks, held.size);
    }
  }));
});

Deno.test("a freed block serves the next tensor of its size", () => {
  const memory = new TensorMemory(0, 2 ** 20);
  const first = memory.allocate(4000);
  memory.allocate(4000);
  memory.free(first);
  assert.deepEqual(memory.allocate(3990), first);
  assert.deepEqual(memory.blocks, 2);
});

Deno.test("all that was given back can be one block again", () => {
  const memory = new TensorMemory(0, 2 ** 20);
  const small = Array.from({ length: 1024 }, () => memory.allocate(1024));
  assertThrows(() => memory.allocate(64), RangeError);
  // in another order than they were handed out
  for (const at of small.sort((a, b) => (a * 7919) % 1021 - (b * 7919) % 1021)) memory.free(at);
  assert.deepEqual(memory.used, 0);
  memory.free(memory.allocate(2 ** 20));
  assert.deepEqual(memory.highest, 2 ** 20);
});

Deno.test("out of memory says how much was asked for and how much is in use", () => {
  const memory = new TensorMemory(0, 4 * 2 ** 20);
  memory.allocate(3 * 2 ** 20);
  assertThrows(
    () => memory.allocate(2 * 2 ** 20),
    RangeError,
    "a tensor of 2.0 MiB was asked for; 3.0 of 4.0 MiB are in use by 1 tensors",
  );
  memory.allocate(2 ** 20);
});

Deno.test("a block that is not in use cannot be freed", () => {
  const memory = new TensorMemory(0, 2 ** 20);
  const at = memory.allocate(10);
  memory.free(at);
  assertThrows(() => memory.free(at), Error, `begins at ${at}`);
  assertThrows(() => memory.allocate(NaN), RangeError, "NaN bytes");
});

Deno.test("a tensor for which there is room fits, also where its size class does not", () => {
  const memory = new TensorMemory(0, 9.75 * 2 ** 20);
  const large = 9.5 * 2 ** 20;
  const at = memory.allocate(large);
  assert.equal(memory.used, large);
  assertThrows(() => memory.allocate(2 ** 19 + 1), RangeError, "a tensor of 0.5 MiB was asked for");
  memory.free(at);
  memory.free(memory.allocate(9.75 * 2 ** 20));
  assert.equal(memory.used, 0);
});
