/**
 * Why a network does not learn: checks of gradients and of the start, a guard that watches a training, and
 * the paper's runs with their mistakes repaired one at a time.
 *
 * ```ts
 * import { checkGradients, lenet5 } from "@lenet/three-ways";
 *
 * const [first] = checkGradients(lenet5(3));
 * console.log(first);
 * ```
 * @module
 */
export * from "./ablations.ts";
export * from "./step_measurements.ts";
export * from "./chance.ts";
export * from "./checks.ts";
export * from "./conclusion.ts";
export * from "./class_kinds.ts";
export * from "./backend_scores.ts";
export * from "./compare_backends.ts";
export * from "./differences.ts";
export * from "./example_images.ts";
export * from "./fault_matrix.ts";
export * from "./gradient_check.ts";
export * from "./guard.ts";
export * from "./guarded_runs.ts";
export * from "./hardest_mistakes.ts";
export * from "./input_variants.ts";
export * from "./layer_statistics.ts";
export * from "./learning_curves.ts";
export * from "./loader_statistics.ts";
export * from "./literal_runs.ts";
export * from "./logits_agreement.ts";
export * from "./measure_ablation.ts";
export * from "./measure_matrix.ts";
export * from "./measure_outlook.ts";
export { drawnImages, MEASURED_IMAGES } from "./median_layers.ts";
export * from "./outlook.ts";
export { diagnosisRuns, type DiagnosisSeeds } from "./planned_runs.ts";
export * from "./paper_faults.ts";
export * from "./paper_sweep.ts";
export * from "./resize_filters.ts";
export * from "./start_scores.ts";
export * from "./summary.ts";
export * from "./sweep_lists.ts";
export * from "./swept_ladders.ts";
export { accuracyCurves, type AccuracyPoint, afterwardsText } from "./test_curves.ts";
