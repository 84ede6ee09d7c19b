/** Registers the kernels backend with TensorFlow.js. */
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import type { TensorKernels } from "../kernels/tensor/tensor_kernels.ts";
import { KernelsBackend } from "./kernels_backend.ts";
import { registerActivationGradients } from "./activation_gradients.ts";
import { kernelsBackendName } from "./backend_names.ts";
import { shortenEngine } from "./engine_shortcuts.ts";
import { binaryKernels } from "./operations/binary_operations.ts";
import { fusedConvolutionKernels, registerFusedConvolutionGradient } from "./fused_convolution.ts";
import { fusedLayerKernels, registerFusedLayerGradients } from "./fused_layers.ts";
import { convolutionKernels } from "./operations/convolutions.ts";
import { copyKernels } from "./operations/copies.ts";
import type { Call, FastKernel, FastKernels } from "./operations/fast_kernel.ts";
import { matrixKernels } from "./operations/matrix_products.ts";
import { reductionKernels } from "./operations/reductions.ts";
import { registerSoftmaxGradient, softmaxGradientKernels } from "./softmax_gradient.ts";
import { unaryKernels } from "./operations/unary_operations.ts";

export { kernelsBackendName };

const fastKernels: FastKernels = {
  ...unaryKernels,
  ...binaryKernels,
  ...reductionKernels,
  ...copyKernels,
  ...matrixKernels,
  ...convolutionKernels,
};

/**
 * Registers the backend with all kernels of the CPU backend, the hot ones replaced. Each time that tfjs makes the
 * backend anew (after `removeBackend`, say), it begins with the whole memory.
 */
export function registerKernelsBackend(kernels: TensorKernels): void {
  tf.registerBackend(kernelsBackendName, () => new KernelsBackend(kernels), 0);
  // tfjs keeps the kernels of a backend that was taken out
  if (tf.getKernel("TanhGradient", kernelsBackendName)) return;
  for (const kernelName of ["TanhGradient", "SigmoidGradient", "ReluGradient"]) {
    const kernelFunc = attempted(fastKernels[kernelName] as unknown as tf.KernelFunc);
    tf.registerKernel({ kernelName, backendName: kernelsBackendName, kernelFunc });
  }
  for (
    const [kernelName, fast] of Object.entries({
      ...fusedLayerKernels,
      ...fusedConvolutionKernels,
      ...softmaxGradientKernels,
    })
  ) {
    const kernelFunc = attempted(fast as unknown as tf.KernelFunc);
    tf.registerKernel({ kernelName, backendName: kernelsBackendName, kernelFunc });
  }
  registerActivationGradients();
  registerFusedLayerGradients();
  registerFusedConvolutionGradient();
  registerSoftmaxGradient();
  shortenEngine();
  for (const kernel of tf.getKernelsForBackend("cpu")) {
    tf.registerKernel({
      ...kernel,
      backendName: kernelsBackendName,
      kernelFunc: withFallback(fastKernels[kernel.kernelName], kernel.kernelFunc),
    });
  }
}

/** The SIMD kernel where it knows what to do, else the CPU backend's. */
function withFallback(fast: FastKernel | undefined, slow: tf.KernelFunc): tf.KernelFunc {
  const lent: tf.KernelFunc = (call) =>
    (call.backend as KernelsBackend).lend(() => slow(call), call.inputs) as tf.TensorInfo;
  return attempted(fast ? (call) => fast(call as unknown as Call) ?? lent(call) : lent);
}

/** The same kernel, which leaves no tensors behind when it fails. */
function attempted(kernel: tf.KernelFunc): tf.KernelFunc {
  return (call) => (call.backend as KernelsBackend).attempt(kernel, call);
}
