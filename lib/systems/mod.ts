/**
 * Networks as data, and the three systems that train them: by hand, in PyTorch's style, in Keras.
 *
 * ```ts
 * import { countParameters, createSystem, lenet5 } from "@lenet/three-ways/systems";
 *
 * const network = lenet5(50);
 * const system = await createSystem("numpy", network, { seed: 1 });
 * const images = new Float32Array(2 * 32 * 32); // two normalised images, (2, 1, 32, 32)
 * const logits = await system.predict(images, 2);
 * console.log(countParameters(network), logits.length);
 * system.dispose();
 * ```
 * @module
 */
export * from "../model/architecture.ts";
export * from "../model/weights.ts";
export { loadWeights, type SafetensorsFile, saveWeights } from "../model/safetensors.ts";
export type { Initialisation } from "../model/initial_weights.ts";
export type { OptimizerOptions, OptimizerState } from "../model/training_step.ts";
export { createSystem, systemNames, type SystemOptions, systemTitles } from "./create_system.ts";
export type { BackendName } from "../backend/backend_names.ts";
export { availableBackends, type BackendState } from "../backend/available_backends.ts";
export { predictAll, type Predictions } from "./evaluate.ts";
export type { NumpyOptions } from "./numpy/numpy_system.ts";
export type { KernelBuild } from "../kernels/kernel_module.ts";
export * from "./schedule.ts";
export {
  type LossFunction,
  type LossInput,
  type LossResult,
  weightedCrossEntropy,
} from "../model/loss.ts";
export type { Callback, CallbackState, Training } from "./callbacks.ts";
export {
  earlyStopping,
  type EarlyStoppingOptions,
  type Monitored,
  saveBest,
  type SaveBestOptions,
} from "./early_stopping.ts";
export { BrokenLossError, SystemStateError } from "./system.ts";
export { ModelFileError } from "../model/model_file_error.ts";
export type {
  Batches,
  BatchRecord,
  EpochRecord,
  Evaluation,
  FitOptions,
  History,
  SetWeightsOptions,
  System,
  SystemName,
} from "./system.ts";
export type { EpochSums, TrainingState } from "./training_state.ts";
export type { KernelOptions } from "../kernels/kernel_network.ts";
export type { Batch, Normalisation } from "../pixels/pixels.ts";
