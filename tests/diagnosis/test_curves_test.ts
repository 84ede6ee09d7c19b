/** What becomes of the accuracy after the epoch at which the paper sees it fall. */
import assert from "node:assert/strict";
import { type AccuracyPoint, afterwardsText } from "../../lib/diagnosis/test_curves.ts";
import { wilson } from "../../lib/metrics/wilson.ts";

const points = (system: "numpy" | "torch", hits: readonly number[]): AccuracyPoint[] =>
  hits.map((count, i) => ({
    ...{ system, epoch: i + 1, split: "test" as const, metric: "top-1" as const },
    accuracy: wilson(count, 450),
  }));

Deno.test("a fall is told where the intervals show it, and only there", () => {
  const told = (hits: readonly number[]) => afterwardsText(points("torch", hits), 2);
  const start = "- LeNet5 Torch: 0.444 after epoch 2, ";
  assert.equal(
    told([100, 200, 90]),
    start + "0.200 after epoch 3: it has fallen. It is highest after epoch 2.",
  );
  assert.equal(
    told([100, 200, 205]),
    start + "0.456 after epoch 3: no change is shown. It is highest after epoch 3.",
  );
  assert.match(told([100, 200, 300]), /it has risen\. It is highest after epoch 3\.$/);
  const both = afterwardsText([...points("numpy", [9, 9]), ...points("torch", [9, 9])], 1);
  assert.equal(both.split("\n").length, 2);
});
