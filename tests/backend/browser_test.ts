/** The bundled backend in pages of headless Chromium. */
import assert from "node:assert/strict";
import { openBackend } from "../../lib/backend/choose_backend.ts";
import * as tf from "../../lib/backend/tf.ts";
import { bundleBackend } from "../../tasks/bundle.ts";
import { assertGreater, assertLess } from "../assert.ts";
import { needsChromium, runWithChromium } from "../chromium.ts";
import type { PageResult } from "./page/train_in_pages.ts";
import { trainLeNet } from "./page/train_lenet.js";

const bundle = await bundleBackend();

Deno.test("the bundle asks for no module of Deno, Node.js or npm", () => {
  assert.deepEqual(bundle.match(/\bDeno\.|["']node:|\bimport\s*[{"'*]|\brequire\(["']/g), null);
});

Deno.test(
  ...needsChromium(
    "LeNet-5 trains in pages, on threads and on one, with the bits that it has here",
  ),
  async () => {
    const file = await Deno.makeTempFile({ suffix: ".js" });
    let results: [PageResult, PageResult];
    try {
      await Deno.writeTextFile(file, bundle);
      const screenshot = Deno.env.get("PAGE_SCREENSHOT");
      results = await runWithChromium(
        new URL("./page/train_in_pages.ts", import.meta.url),
        [file, ...(screenshot ? [screenshot] : [])],
      );
    } finally {
      await Deno.remove(file);
    }
    const [shared, alone] = results;
    assert.deepEqual([shared.isolated, alone.isolated], [true, false]);
    const cores = navigator.hardwareConcurrency;
    assert.deepEqual([shared.threads, alone.threads], [cores >= 4 ? 4 : cores >= 2 ? 2 : 1, 1]);
    assert.equal(shared.backend, "lenet-kernels");
    const [first, last] = [shared.history[0]!, shared.history.at(-1)!];
    assertLess(last.loss, first.loss / 2);
    assertGreater(last.accuracy, 0.9);
    assert.equal(alone.bits, shared.bits);
    await openBackend("kernels");
    assert.equal((await trainLeNet(tf)).bits, shared.bits);
  },
);
