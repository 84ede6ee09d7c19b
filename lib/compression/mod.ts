/**
 * Smaller and faster networks: pruning by masks, pruning that removes filters and units, and int8.
 *
 * ```ts
 * import { countParameters, createSystem, lenet5 } from "@lenet/three-ways/systems";
 * import { pruneStructured } from "@lenet/three-ways/compression";
 *
 * const network = lenet5(50);
 * const system = await createSystem("numpy", network, { seed: 1 });
 * const weights = await system.weights();
 * system.dispose();
 * const smaller = pruneStructured(network, weights, { conv: 0.25, dense: 0.4 });
 * console.log(countParameters(network), countParameters(smaller.architecture));
 * ```
 *
 * What the paper's own code did to compress needs the native TensorFlow and is not part of this
 * entry.
 * @module
 */
export { fineTune, pruneIteratively, type PruneScope, type PruneStep } from "./finetune.ts";
export {
  applyMasks,
  globalMagnitudeMasks,
  magnitudeMasks,
  type Masks,
  randomMasks,
  sparsity,
} from "./masks.ts";
export type { PruningAmounts } from "./pruning_amounts.ts";
export { decodePacked, encodePacked } from "./sparse_file.ts";
export { pruneStructured, type SmallerNetwork } from "./structured.ts";
export { fakeQuantize } from "./quantization/quantized_training.ts";
export type { SumGroups } from "./quantization/packed_int8.ts";
export { calibrate, type Calibration } from "./quantization/calibrate.ts";
export type { InputMoments } from "./quantization/input_moments.ts";
export { type Int8Predictor, openInt8 } from "./quantization/int8_network.ts";
export type { ActivationCurve } from "./quantization/quantized_activation.ts";
export { IntegerNetwork } from "./quantization/integer_network.ts";
export type { Granularity, QuantizedArray } from "./quantization/quantize.ts";
export {
  layerGroups,
  type QuantizedLayer,
  type QuantizedModel,
  quantizeModel,
} from "./quantization/quantized_model.ts";
export { loadModel, saveModel } from "./quantization/quantized_model_file.ts";
export type { KernelBuild } from "../kernels/kernel_module.ts";
export type { Architecture } from "../model/architecture.ts";
export type { Weights } from "../model/weights.ts";
export type { Normalisation } from "../pixels/pixels.ts";
export type { Batches, FitOptions, History, System } from "../systems/system.ts";
