/** A process that uses the kernels and never disposes of them: for a test that it ends nevertheless. */
import { openTensorKernels } from "../../../lib/kernels/tensor/open_tensor_kernels.ts";

const kernels = await openTensorKernels({ bytes: 2 ** 26, threads: 2, build: "narrow", grain: 1 });
kernels.words.set([kernels.heapStart, 1000, 7, 4]);
kernels.run("fill", 4);
console.log(new Int32Array(kernels.memory.buffer, kernels.heapStart, 1000)[999]);
