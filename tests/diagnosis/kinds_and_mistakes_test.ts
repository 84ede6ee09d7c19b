import assert from "node:assert/strict";
import { classKinds, confusionOfKinds } from "../../lib/diagnosis/class_kinds.ts";
import { hardestMistakes } from "../../lib/diagnosis/hardest_mistakes.ts";

Deno.test("classes whose names end in the same word are of one kind", () => {
  const kinds = classKinds(["dusk wolf", "red fox", "pale wolf", "grey_fox"]);
  assert.deepEqual(kinds, { names: ["wolf", "fox"], kindOf: [0, 1, 0, 1] });
});

Deno.test("where names tell of no kinds, each class is its own", () => {
  const classes = ["tarantula", "goose", "koala"];
  assert.deepEqual(classKinds(classes), { names: classes, kindOf: [0, 1, 2] });
});

Deno.test("confusion by kind counts the classes of a kind together", () => {
  const counts = Int32Array.of(
    ...[1, 0, 2, 0],
    ...[0, 0, 0, 3],
    ...[0, 4, 0, 0],
    ...[0, 0, 0, 0],
  );
  const kinds = { names: ["wolf", "fox", "cat"], kindOf: [0, 1, 0, 1] };
  assert.deepEqual(confusionOfKinds({ classes: 4, counts, predicted: 4 }, kinds), {
    classes: 3,
    counts: Int32Array.of(3, 4, 0, 0, 3, 0, 0, 0, 0),
    predicted: 2,
  });
});

Deno.test("the hardest mistake is the wrong answer whose class is least probable", () => {
  const logits = Float32Array.of(
    ...[5, 0, 0], // right
    ...[2, 1, 0], // wrong by a little
    ...[0, 9, 0], // wrong by much
  );
  const mistakes = hardestMistakes({ logits, labels: Int32Array.of(0, 1, 2), classes: 3 }, 9, 2);
  assert.deepEqual(mistakes.map(({ index }) => index), [2, 1]);
  assert.deepEqual(mistakes[1]!.guesses.map(({ label }) => label), [0, 1]);
  const [first] = mistakes[1]!.guesses;
  assert(Math.abs(first!.probability - Math.exp(2) / (Math.exp(2) + Math.E + 1)) < 1e-6);
  assert(Math.abs(mistakes[0]!.loss - Math.log(Math.exp(9) + 2)) < 1e-5);
});
