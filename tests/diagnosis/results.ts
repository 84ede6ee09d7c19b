import type { TrialResult } from "../../lib/diagnosis/trial.ts";

/** A result with some hits among 450 test images. */
export function trialResult(
  seed: number,
  top1: number,
  rest: Partial<TrialResult> = {},
): TrialResult {
  const hits = { top1, top5: 2 * top1, images: 450 };
  return {
    ...{ seed, classes: 50, val: hits, test: hits, predicted: 40 },
    epochs: [{ epoch: 1, loss: 3, accuracy: 0.1 }],
    layers: [
      { layer: "conv1", saturated: 0.1, gradientNorm: 0.5 },
      { layer: "fc1", saturated: undefined, gradientNorm: 1 },
    ],
    ...rest,
  };
}
