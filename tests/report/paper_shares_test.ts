import assert from "node:assert/strict";
import { countedShare, paperShare } from "../../lib/report/paper_shares.ts";
import { paperAccuracyTable } from "../../lib/report/tables/paper_accuracy_table.ts";

Deno.test("the paper's accuracies are counts of its 450 images, but for one misprint", () => {
  const hits = (printed: number) => countedShare(printed, 450)?.hits;
  assert.deepEqual([0.1222, 0.1756, 0.4244, 0.3867, 0.4489].map(hits), [55, 79, 191, 174, 202]);
  assert.deepEqual([0.02, 0.1, 0.01].map(hits), [9, 45, undefined]);
});

Deno.test("a constant answer and a misprint have no interval, TF's accuracies have exact ones", () => {
  assert.equal(paperShare("numpy", "test", "top1"), 0.02);
  assert.equal(paperShare("torch", "val", "top5"), 0.01);
  const share = paperShare("keras", "val", "top1");
  assert(typeof share === "object");
  // scipy.stats.binomtest(55, 450).proportion_ci(0.95, "exact")
  assert.deepEqual(share.interval.map((x) => x.toFixed(4)), ["0.0934", "0.1561"]);
});

Deno.test("the table shows the abstract's number, tests what is no constant answer, and no more", () => {
  const { rows, notes = [] } = paperAccuracyTable().options;
  assert.equal(rows.length, 13);
  const { printed, hits } = rows.at(-1)!;
  assert.deepEqual([printed, hits], ["0.4489", 202]);
  const tested = rows.filter(({ p }) => p !== undefined);
  assert.deepEqual(tested.map(({ system }) => system), [
    ...Array(4).fill("LeNet5 TF"),
    "the abstract",
  ]);
  assert(tested.every(({ p }) => (p as number) < 1e-6));
  assert.equal(rows.filter(({ hits }) => hits === "none").length, 1);
  const text = notes.join(" ");
  // scipy.stats.fisher_exact([[55, 395], [79, 371]]) and ([[191, 259], [174, 276]])
  assert(
    text.includes("in 3.1 of 100") && text.includes("p = 0.031") && text.includes("p = 0.277"),
  );
  assert(text.includes("0.062 and 0.277"));
});
