/** The backend as a page opens it: once for all that ask, until it is closed. */
import assert from "node:assert/strict";
import { assertRejects } from "../assert.ts";
import { openInPage, type PageOptions } from "../../lib/backend/web.ts";
import * as tf from "../../lib/backend/tf.ts";

const binary = await Deno.readFile(
  new URL("../../lib/kernels/tensor/builds/narrow.wasm", import.meta.url),
);
const open = (options: PageOptions = { threads: 1 }) =>
  openInPage({ binary, workerSource: "" }, options);
const product = () =>
  tf.tidy(() => tf.matMul(tf.ones([8, 64]), tf.ones([64, 8])).sum().dataSync()[0]);

Deno.test("a page that opens the backend again, or twice at once, gets the one that is open", async () => {
  const told: string[] = [], { warn } = console;
  console.warn = (text) => void told.push(text);
  try {
    const first = await open();
    const kept = tf.ones([3]);
    assert.deepEqual(await Promise.all([open(), open({ threads: 1, memoryBytes: 2 ** 20 })]), [
      first,
      first,
    ]);
    assert.deepEqual([...kept.dataSync()], [1, 1, 1]);
    assert.equal(product(), 8 * 64 * 8);
    await tf.setBackend("cpu");
    await open();
    assert.equal(tf.getBackend(), first.name, "whoever opens it computes on it");
    first.close();
    first.close();
    assert(!tf.engine().backendNames().includes(first.name));
    const second = await open();
    assert.notEqual(second, first);
    first.close();
    assert.equal(tf.getBackend(), second.name, "the one that was closed does not close another");
    assert.equal(product(), 8 * 64 * 8);
    second.close();
  } finally {
    console.warn = warn;
  }
  assert.deepEqual(told.filter((text) => text.includes("already registered")), []);
});

Deno.test("a page's wrong options are refused by name, and a right one may follow", async () => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ thread: 2 }, "unknown option thread"],
    [{ threads: 0 }, "threads must be a whole number from 1 to 64, but it is 0"],
    [{ threads: 2 }, "2 threads need a page that is cross-origin isolated"],
    [{ threads: 1, memoryBytes: -1 }, "-1 bytes are too few"],
    [{ threads: 1, memoryBytes: NaN }, "NaN MiB"],
  ];
  for (const [options, message] of wrong) {
    await assertRejects(() => open(options as PageOptions), RangeError, message);
  }
  const backend = await open();
  assert.equal(product(), 8 * 64 * 8);
  backend.close();
});
