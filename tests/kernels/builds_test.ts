/** The committed builds of both sets of kernels, in one file: the compiler takes seconds to warm up. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { projectRoot } from "../../lib/util/files.ts";
import { builds, compileKernels } from "../../tasks/kernels.ts";
import { compileTensorKernels, tensorBuilds } from "../../tasks/tensor_kernels.ts";

const committed = (...path: string[]) => Deno.readFile(join(projectRoot, "lib/kernels", ...path));

for (const build of builds) {
  Deno.test(`${build}.wasm is what its sources compile to`, async () => {
    assert.deepEqual(await compileKernels(build), await committed("builds", `${build}.wasm`));
  });
}

for (const build of tensorBuilds) {
  Deno.test(`the tensor kernels' ${build}.wasm is what its sources compile to`, async () => {
    const expected = await committed("tensor", "builds", `${build}.wasm`);
    assert.deepEqual(await compileTensorKernels(build), expected);
  });
}
