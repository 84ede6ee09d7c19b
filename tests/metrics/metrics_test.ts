import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { assertAlmostEquals, assertThrows } from "../assert.ts";
import { confusionMatrix, predictedLabels } from "../../lib/metrics/confusion.ts";
import { mcnemar } from "../../lib/metrics/mcnemar.ts";
import { median } from "../../lib/metrics/median.ts";
import { correct, topK } from "../../lib/metrics/topk.ts";
import { wilson, wilsonInterval } from "../../lib/metrics/wilson.ts";
import type { Predictions } from "../../lib/systems/evaluate.ts";

Deno.test("Wilson's interval: known values and bounds", () => {
  // 9 of 450: the roots of (0.02 - p)^2 = z^2 p (1 - p) / 450, found by bisection
  const { value, interval } = wilson(9, 450);
  assert.deepEqual(value, 0.02);
  assertAlmostEquals(interval[0], 0.01055704, 1e-7);
  assertAlmostEquals(interval[1], 0.0375687, 1e-7);
  assert.deepEqual(wilson(0, 10).interval[0], 0);
  assert.deepEqual(wilson(10, 10).interval[1], 1);
});

Deno.test("Wilson's interval: holds the share, mirrors, narrows with more images", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(), (images, draw) => {
    const hits = draw % (images + 1);
    const { value, interval: [low, high] } = wilson(hits, images);
    assert(0 <= low && low <= value && value <= high && high <= 1);
    const mirrored = wilson(images - hits, images).interval;
    assertAlmostEquals(mirrored[0], 1 - high, 1e-12);
    const more = wilson(4 * hits, 4 * images).interval;
    assert(more[1] - more[0] < high - low);
  }));
  assertThrows(() => wilson(3, 2), RangeError, "3 hits of 2 images");
  assertThrows(() => wilson(0, 0), RangeError, "0 of 0");
  for (const share of [1.2, -0.1, NaN]) {
    assertThrows(() => wilsonInterval(share, 100), RangeError, `in [0, 1], got ${share}`);
  }
  for (const images of [0, NaN, Infinity]) {
    assertThrows(() => wilsonInterval(0.5, images), RangeError, `finite, got ${images}`);
  }
});

const outputs = fc.record({
  classes: fc.integer({ min: 2, max: 12 }),
  images: fc.integer({ min: 1, max: 30 }),
})
  .chain(({ classes, images }) =>
    fc.record({
      classes: fc.constant(classes),
      logits: fc.array(fc.integer({ min: -3, max: 3 }), {
        minLength: classes * images,
        maxLength: classes * images,
      }).map((list) => Float32Array.from(list)),
      labels: fc.array(fc.nat({ max: classes - 1 }), { minLength: images, maxLength: images })
        .map((list) => Int32Array.from(list)),
    })
  );

Deno.test("top-k agrees with sorting, grows with k and ends at 1", () => {
  fc.assert(fc.property(outputs, (predictions) => {
    const { logits, labels, classes } = predictions;
    let before = 0;
    for (let k = 1; k <= classes; k++) {
      const hits = Array.from(labels).filter((label, i) => {
        const row = Array.from(logits.subarray(i * classes, (i + 1) * classes));
        const order = row.map((_, c) => c).sort((a, b) => row[b]! - row[a]! || a - b);
        return order.slice(0, k).includes(label);
      }).length;
      assert.deepEqual(topK(predictions, k).hits, hits);
      assert(hits >= before);
      before = hits;
    }
    assert.deepEqual(topK(predictions, classes).value, 1);
  }));
});

Deno.test("the confusion matrix counts every image once and its diagonal is top-1", () => {
  fc.assert(fc.property(outputs, (predictions) => {
    const { counts, classes, predicted } = confusionMatrix(predictions);
    assert.deepEqual(counts.reduce((a, b) => a + b), predictions.labels.length);
    let diagonal = 0;
    for (let c = 0; c < classes; c++) diagonal += counts[c * classes + c]!;
    assert.deepEqual(diagonal, topK(predictions, 1).hits);
    const used = Array.from({ length: classes }, (_, c) => c)
      .filter((c) =>
        Array.from({ length: classes }, (_, r) => counts[r * classes + c]!).some(Boolean)
      );
    assert.deepEqual(predicted, used.length);
  }));
});

Deno.test("top-k refuses a k below 1 or above the number of classes", () => {
  const predictions = { logits: new Float32Array(3), labels: new Int32Array(1), classes: 3 };
  assertThrows(() => topK(predictions, 0), RangeError, "got 0");
  assertThrows(() => topK(predictions, 4), RangeError, "[1, 3]");
});

Deno.test("answers that do not belong to the labels are refused", () => {
  const logits = new Float32Array(6), classes = 3;
  for (const score of [(p: Predictions) => topK(p, 1), correct, confusionMatrix, predictedLabels]) {
    assertThrows(
      () => score({ logits, labels: new Int32Array(3), classes }),
      RangeError,
      "3 labels of 3 classes need 9 logits, got 6",
    );
    for (const label of [3, -1]) {
      assertThrows(
        () => score({ logits, labels: Int32Array.of(0, label), classes }),
        RangeError,
        `label ${label} of image 1 is outside 0 to 2`,
      );
    }
  }
});

Deno.test("McNemar's exact test: by hand, and symmetric", () => {
  const pair = (first: number, second: number, both = 5) =>
    mcnemar(
      [...Array(first).fill(true), ...Array(second).fill(false), ...Array(both).fill(true)],
      [...Array(first).fill(false), ...Array(second).fill(true), ...Array(both).fill(true)],
    );
  // 2·(1 + 10 + 45)/1024
  assertAlmostEquals(pair(8, 2).p, 0.109375, 1e-12);
  assert.deepEqual(pair(2, 8), { onlyFirst: 2, onlySecond: 8, p: pair(8, 2).p });
  assert.deepEqual([pair(0, 0).p, pair(1, 1).p, pair(3, 3).p], [1, 1, 1]);
  assertAlmostEquals(pair(0, 6).p, 2 / 64, 1e-12);
  // 1,000 against 1,200 differing images: the normal approximation with continuity
  assertAlmostEquals(pair(1000, 1200).p, 2.19e-5, 2e-6);
  assertThrows(() => mcnemar([true], []), RangeError, "1 answers cannot be paired with 0");
});

Deno.test("the median is in the middle, whatever the order, and leaves its values alone", () => {
  const values = [3, -1, 10, 2];
  assert.deepEqual([median([7]), median([10, 3, -1]), median(values)], [7, 3, 2.5]);
  assert.deepEqual(values, [3, -1, 10, 2]);
  assert.deepEqual(median([NaN, 2, 1]), 2);
  assert(Number.isNaN(median([1, NaN, NaN])));
  assertThrows(() => median([]), RangeError, "no value");
});
