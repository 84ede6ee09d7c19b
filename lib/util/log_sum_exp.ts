import { argmax } from "./argmax.ts";

/** Σ exp(x) in two parts that do not overflow: log Σ exp(x) = largest + log(sum). */
export interface ExponentialSum {
  readonly largest: number;
  /** Σ exp(x − largest), at least 1 unless a value is NaN or all are infinite. */
  readonly sum: number;
}

/** The parts of log Σ exp(x), with the largest value subtracted first. */
export function exponentialSum(values: Float32Array | Float64Array): ExponentialSum {
  const largest = values[argmax(values)]!;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - largest);
  return { largest, sum };
}
