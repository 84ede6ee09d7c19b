/**
 * Trainings as configurations: made, kept, found again, scored, timed, pruned and quantized.
 *
 * ```ts
 * import { lenet5, runConfiguration } from "@lenet/three-ways";
 *
 * const configuration = runConfiguration({ system: "torch", architecture: lenet5(50), epochs: 3 });
 * console.log(configuration.optimizer, configuration.batchSize);
 * ```
 * @module
 */
export type { StorageSizes } from "../compression/sparse_file.ts";
export type { SeedMean } from "../metrics/seeds.ts";
export type { Claim } from "../util/file_claim.ts";
export type { Comparison, TestedComparison } from "./comparison.ts";
export type { EpochTimes } from "./epoch_timing.ts";
export * from "./checkpoint.ts";
export { classifierOf } from "./classifier_of.ts";
export * from "./experiment.ts";
export * from "./faults.ts";
export * from "./finetuning.ts";
export * from "./outcome_store.ts";
export { type Measured, measured } from "./measured.ts";
export * from "./paper_compression_runs.ts";
export * from "./parameters.ts";
export * from "./prune_runs.ts";
export { type CurvePoint, curveSparsities, pruningCurve } from "./pruning_curve.ts";
export * from "./quantize_runs.ts";
export type { QuantizedResult } from "./quantized_results.ts";
export * from "./recipes.ts";
export { type MeasuredNetwork, residentMemory } from "./resident_memory.ts";
export * from "./saved_by_compression.ts";
export * from "./rounding_errors.ts";
export * from "./run.ts";
export * from "./run_configuration.ts";
export { type ImageKeys, imageKeys, type RunImageKeys, runKey } from "./run_key.ts";
export * from "./run_outcome.ts";
export * from "./run_seeds.ts";
export * from "./run_store.ts";
export * from "./score_run.ts";
export * from "./search.ts";
export * from "./search_log.ts";
export * from "./search_space.ts";
export * from "./sweep_file.ts";
export * from "./sweep_list.ts";
export * from "./timing.ts";
export * from "./train_options.ts";
export * from "./train_run.ts";
export { trainTogether } from "./train_together.ts";
export { sourceDigest, trainingCode } from "./training_code.ts";
export * from "./training_record.ts";
