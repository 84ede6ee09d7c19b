/** The comparison of a classifier's answers in several places. */
import assert from "node:assert/strict";
import { type Answers, broken, compareLogits } from "../../bench/roundtrips/shipped_table.ts";

const ours = Float32Array.of(1, 2, 3, 9, 8, 7);

/** The same logits with one of them moved, as somebody's answers. */
function moved(by: number, who: Partial<Answers["others"][number]>, numbers: Answers["numbers"]) {
  const logits = ours.map((x, i) => i === 1 ? x + by : x);
  const other = { by: "onnx", images: "pixels", logits, ...who } as const;
  const answers = { name: "a", origin: "", classes: 3, labels: [2, 0], ours, others: [other] };
  return broken([{ ...answers, numbers }]).length;
}

Deno.test("answers are compared image by image", () => {
  const theirs = Float32Array.of(1, 2, 3, 8, 9, 7);
  assert.deepEqual(compareLogits(ours, theirs, 3), { images: 2, same: 1, difference: 1 });
  assert.throws(() => compareLogits(ours, theirs.subarray(3), 3), /3 logits, not 6/);
});

Deno.test("a float32 network may differ by roundings, int8 by classes elsewhere and not at all in our modules", () => {
  assert.equal(moved(5e-6, {}, "float32"), 0);
  assert.equal(moved(2e-5, {}, "float32"), 1);
  assert.equal(moved(0.5, {}, "int8"), 0);
  assert.equal(moved(2, {}, "int8"), 1);
  for (const by of ["package", "module", "page"] as const) {
    assert.equal(moved(0, { by, images: "PNG" }, "int8"), 0);
    assert.equal(moved(1e-6, { by, images: "PNG" }, "int8"), 1);
  }
  assert.equal(moved(0.5, { by: "page", images: "files" }, "int8"), 0, "the browser decodes these");
});
