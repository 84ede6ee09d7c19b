/**
 * How often networks are right, and how certain that is: top-k accuracy, confidence intervals of shares and
 * means, and tests of differences.
 *
 * ```ts
 * import { exactInterval, fisherExact, wilson } from "@lenet/three-ways";
 *
 * console.log(wilson(79, 450).interval, exactInterval(79, 450).interval);
 * console.log(fisherExact(55, 450, 79, 450));
 * ```
 * @module
 */
export * from "./binomial.ts";
export * from "./bootstrap.ts";
export * from "./clopper_pearson.ts";
export * from "./confusion.ts";
export * from "./equivalence.ts";
export * from "./fisher.ts";
export * from "./holm.ts";
export * from "./mcnemar.ts";
export * from "./paired_ratio.ts";
export * from "./seeds.ts";
export * from "./student.ts";
export * from "./topk.ts";
export { type Accuracy, wilson, wilsonInterval } from "./wilson.ts";
