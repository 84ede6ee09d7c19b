/** The list of twins is complete, and so are their tests. */
import assert from "node:assert/strict";
import * as twins from "../../../lib/kernels/twins/kernel_twins.ts";
import { builds as compiledBuilds } from "../../../tasks/kernels.ts";
import { builds, openHarness } from "./kernel_harness.ts";

/** Names of what the compiled kernels export, but for their memory. */
async function kernelNames(): Promise<string[]> {
  const { kernels } = await openHarness("narrow");
  return Object.entries(kernels).filter(([, value]) => typeof value === "function")
    .map(([name]) => name).toSorted();
}

Deno.test("every kernel has a twin of the same name", async () => {
  assert.deepEqual(Object.keys(twins).toSorted(), await kernelNames());
});

Deno.test("kernels are compared in every build", () => {
  assert.deepEqual(builds, compiledBuilds);
});

Deno.test("every kernel is tested against its twin", async () => {
  let sources = "";
  for await (const { name } of Deno.readDir(import.meta.dirname!)) {
    if (name.endsWith("_twin_test.ts")) {
      sources += await Deno.readTextFile(`${import.meta.dirname}/${name}`);
    }
  }
  const isTested = (kernel: string) => new RegExp(`["\`]${kernel}[ "]`).test(sources);
  assert.deepEqual((await kernelNames()).filter((kernel) => !isTested(kernel)), []);
});
