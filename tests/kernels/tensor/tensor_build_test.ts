/** The committed builds of the tensor kernels. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { projectRoot } from "../../../lib/util/files.ts";
import { compileTensorKernels, tensorBuilds } from "../../../tasks/tensor_kernels.ts";

for (const build of tensorBuilds) {
  Deno.test(`the tensor kernels' ${build}.wasm is what its sources compile to`, async () => {
    const path = join(projectRoot, "lib", "kernels", "tensor", "builds", `${build}.wasm`);
    assert.deepEqual(await compileTensorKernels(build), await Deno.readFile(path));
  });
}
