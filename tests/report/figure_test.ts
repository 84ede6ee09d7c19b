/** Figures against golden SVGs; `UPDATE_GOLDEN=1 deno task test tests/report` rewrites those. */
import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { DOMParser } from "linkedom";
import sharp from "sharp";
import { assertGreater, assertThrows } from "../assert.ts";
import { escapeXml } from "../../lib/report/escape.ts";
import { Figure, textWidth, wrap } from "../../lib/report/figure.ts";
import { accuracyFigure } from "../../lib/report/figures/figure_3_accuracy.ts";
import { architectureFigure } from "../../lib/report/figures/figure_1_architecture.ts";
import { correctedRun } from "../../lib/diagnosis/paper_faults.ts";
import { confusionPairFigure } from "../../lib/report/figures/confusion_pair_figure.ts";
import { faultMatrixFigure } from "../../lib/report/figures/fault_matrix_figure.ts";
import { layersFigure } from "../../lib/report/figures/layers_figure.ts";
import { activationsFigure } from "../../lib/report/figures/activations_figure.ts";
import { activationShares } from "../../lib/diagnosis/layer_statistics.ts";
import { ablations } from "../../lib/diagnosis/ablations.ts";
import { confusionFigure } from "../../lib/report/figures/confusion_figure.ts";
import { ladderFigure } from "../../lib/report/figures/ladder_figure.ts";
import { curvePoints } from "../../lib/diagnosis/learning_curves.ts";
import { learningCurvesFigure } from "../../lib/report/figures/learning_curves_figure.ts";
import { lossFigure } from "../../lib/report/figures/figure_2_loss.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { mistakesFigure } from "../../lib/report/figures/mistakes_figure.ts";
import { pixelSet } from "../runs/pixels.ts";
import { madeUpMatrix, measuredAblation, measuredStep } from "../diagnosis/scored_runs.ts";
import { perceptron, smallConvolutional } from "../systems/helpers.ts";

const history = (rate: number, epochs = 6) =>
  Array.from({ length: epochs }, (_, i) => ({
    epoch: i + 1,
    loss: 3.9 * rate ** i,
    accuracy: 0.02 * (i + 1),
    seconds: 1,
    imagesPerSecond: 100,
    val: { loss: 3.9, top1: 0.03 * (i + 1) * rate, top5: 0.08 * (i + 1) * rate, images: 450 },
  }));
const series = [{ name: "one", history: history(0.9) }, { name: "two", history: history(0.95) }];
const about = { classes: 50, data: "made-up numbers" };
const matrix = {
  classes: 4,
  counts: Int32Array.from([3, 1, 0, 0, 0, 4, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]),
  predicted: 4,
};
const confusionText = { names: ["a", "b & c", "<d>", "e"], title: "Confusion", data: "made-up" };

const made = (system: "numpy" | "torch") => {
  const configuration = correctedRun(lenet5(), system);
  const step = (hits: readonly number[], saturated: number) =>
    measuredStep(
      { change: `top-1 around ${hits[0]! / 450}`, configuration },
      hits,
      [{ layer: "conv1", saturated, gradientNorm: 1 }],
    );
  return measuredAblation(`of ${system}`, [step([9, 9, 9], 1), step([60, 70, 90], 0.1)]);
};

const figures: Record<string, () => Figure> = {
  architecture: () => architectureFigure(lenet5()),
  architecture_small: () => architectureFigure(smallConvolutional),
  architecture_perceptron: () => architectureFigure(perceptron),
  loss: () => lossFigure(series, about),
  accuracy: () => accuracyFigure(series, about),
  confusion: () => confusionFigure(matrix, confusionText),
  ladder: () => ladderFigure([made("numpy"), made("torch")], about),
  learning_curves: () =>
    learningCurvesFigure([
      { name: "published", system: "torch", points: curvePoints(history(0.9, 1)) },
      { name: "corrected", system: "torch", points: curvePoints(history(0.9)) },
      { name: "corrected", system: "keras", points: curvePoints(history(0.95)) },
    ], about),
  layers: () =>
    layersFigure(
      measuredAblation("made-up", [
        measuredStep(ablations(lenet5()).keras.steps[0]!, [9, 9, 9], [
          { layer: "conv1", saturated: 1, gradientNorm: 0 },
          { layer: "fc1", saturated: undefined, gradientNorm: 1e-3 },
        ]),
      ]),
      "made-up",
    ),
  activations: () =>
    activationsFigure(
      measuredAblation("made-up", [
        measuredStep(ablations(lenet5()).keras.steps[0]!, [9, 9, 9], [
          {
            layer: "conv1",
            saturated: 1,
            gradientNorm: 0,
            activations: activationShares([-1, 0, 1]),
          },
          { layer: "fc1", saturated: undefined, gradientNorm: 1e-3 },
        ]),
      ]),
      "made-up",
    ),
  confusion_pair: () =>
    confusionPairFigure([
      { title: "left", matrix: { ...matrix, predicted: 3 } },
      { title: "right", matrix },
    ], { title: "Confusion", data: "made-up" }),
  fault_matrix: () => faultMatrixFigure(madeUpMatrix(), about),
};

for (const [name, draw] of Object.entries(figures)) {
  Deno.test(`the figure "${name}" is as it was`, async () => {
    const path = new URL(`golden/${name}.svg`, import.meta.url);
    const { svg } = draw();
    if (Deno.env.get("UPDATE_GOLDEN") === "1") await Deno.writeTextFile(path, svg);
    assert.deepEqual(svg, await Deno.readTextFile(path));
  });
}

Deno.test("the words of a confusion figure say what is seen: the diagonal, the fullest column, the pair", () => {
  const of = (...counts: number[]) => ({
    classes: 3,
    counts: Int32Array.from(counts),
    predicted: 3,
  });
  const text = { ...confusionText, names: ["ant", "bee", "cat"] };
  const alt = (matrix: ReturnType<typeof of>) => confusionFigure(matrix, text).alt;
  assert.equal(
    alt(of(5, 0, 0, 1, 1, 4, 2, 0, 3)),
    "Confusion. made-up. 9 of 16 images (56 %) stand on the diagonal. The fullest column, ant, has 8 " +
      "images. Most often bee is taken for cat: 4 of 6 images.",
  );
  const kinds = confusionFigure(of(5, 0, 0, 1, 1, 4, 2, 0, 3), { ...text, counted: "kinds" });
  assert(kinds.svg.includes("3 of 3 kinds occur") && !kinds.svg.includes("classes occur"));
  assert.match(
    alt(of(1, 2, 0, 0, 0, 0, 2, 0, 0)),
    /ant is taken for bee: 2 of 3 images; so often in 1/,
  );
  assert.match(
    alt(of(1, 0, 0, 0, 2, 0, 0, 0, 3)),
    /6 of 6 images \(100 %\).*No image stands beside/,
  );
  assert.match(alt(of(0, 0, 0, 0, 0, 0, 0, 0, 0)), /There are no images\.$/);
});

Deno.test("the words of the mistakes' figure say what each image is taken for", async () => {
  const set = pixelSet(4, 2, 1);
  const guesses = [{ label: 1, probability: 0.98 }, { label: 0, probability: 0.02 }];
  const about = { classes: ["ant", "bee"], color: "#000", data: "made-up", title: "Mistakes" };
  const figure = await mistakesFigure([{ index: 2, label: 0, loss: 4, guesses }], set, about);
  assert.match(figure.alt, /^Mistakes\. made-up\. ant is taken for bee \(98 %\)\. Above each/);
  assert.match(figure.svg, /<desc>ant is taken for bee \(98 %\)<\/desc>/);
  const none = await mistakesFigure([], set, about);
  assert.match(none.svg, /<desc>There is no mistake\.<\/desc>/);
});

Deno.test("Figure 1 shows the counts and shapes of its architecture", () => {
  const { svg } = architectureFigure(lenet5());
  for (const text of ["65,106 parameters", "419,880 multiply-adds", "16 @ 10×10", "117,600 MA"]) {
    assert(svg.includes(text), text);
  }
  assert(!architectureFigure(smallConvolutional).svg.includes("65,106"));
});

Deno.test("one epoch of one system can be drawn; figures without data are refused", () => {
  const single = [{ name: "one", history: history(0.9, 1) }];
  lossFigure(single, about);
  accuracyFigure(single, about);
  assertThrows(() => lossFigure([], about), RangeError, "no series");
  assertThrows(() => lossFigure([{ name: "x", history: [] }], about), RangeError, "x has no epoch");
  const unvalidated = [{ name: "x", history: [{ ...history(0.9, 1)[0]!, val: undefined! }] }];
  assertThrows(() => accuracyFigure(unvalidated, about), RangeError, "x was not validated");
  assertThrows(() => curvePoints(unvalidated[0]!.history), RangeError, "epoch 1 was not validated");
  assertThrows(() => learningCurvesFigure([], about), RangeError, "no learning curve");
  assertThrows(() => ladderFigure([], about), RangeError, "no ablation");
  assertThrows(() => faultMatrixFigure({ rows: [], family: 0 }, about), RangeError, "no row");
  const three = { ...matrix, classes: 3 };
  assertThrows(
    () => confusionPairFigure([{ title: "", matrix }, { title: "", matrix: three }], confusionText),
    RangeError,
    "4 classes beside 3",
  );
  assertThrows(
    () => confusionFigure(matrix, { ...confusionText, names: ["a"] }),
    RangeError,
    "1 names for 4 classes",
  );
});

Deno.test("any text makes a well-formed SVG that holds it", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme-ascii", minLength: 1 }), (title) => {
    const { svg } = new Figure({ width: 300, height: 10, body: "" }, { title, caption: title });
    const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement!;
    assert.deepEqual(root.querySelector("title")!.textContent, title);
    assert.deepEqual(root.children.length >= 4, true);
  }));
});

Deno.test("texts are broken into lines that fit the figure", () => {
  fc.assert(fc.property(fc.lorem({ maxCount: 40 }), (text) => {
    const lines = wrap(text, 300, 11);
    assert.deepEqual(lines.join(" "), text.trim());
    for (const line of lines) assert(!line.includes(" ") || textWidth(line, 11) <= 300);
  }));
});

Deno.test("no text is drawn wider than it is measured", async () => {
  const letters = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i));
  const samples = ["LeNet5 Numpy, 0.180 (0.147–0.218)", "16 @ 10×10", "MWMWmw@%"];
  // a letter ten times, so that the space around its ink does not matter
  const rows = [...samples, ...letters.map((letter) => letter.repeat(10))].flatMap((text) => [
    { text, bold: false },
    { text, bold: true },
  ]);
  const body = rows.map(({ text, bold }, i) =>
    `<text x="10" y="${40 * i + 25}" font-size="20"${bold ? ' font-weight="bold"' : ""}>` +
    `${escapeXml(text)}</text>`
  ).join("");
  const figure = new Figure({ width: 600, height: 40 * rows.length, body }, { title: "" });
  const { data, info } = await sharp(await figure.png(1)).greyscale().raw()
    .toBuffer({ resolveWithObject: true });
  const top = info.height - 40 * rows.length;
  rows.forEach(({ text, bold }, i) => {
    let right = 0;
    for (let y = top + 40 * i; y < top + 40 * (i + 1); y++) {
      for (let x = right; x < info.width; x++) if (data[y * info.width + x]! < 128) right = x;
    }
    const [drawn, measured] = [right - 10, textWidth(text, 20, bold)];
    assertGreater(drawn, 0);
    assert(drawn <= measured + 1, `${text}: ${drawn} drawn, ${measured} measured`);
  });
});

Deno.test("the PNG has letters, and different ones for different texts", async () => {
  const ink = async (title: string) => {
    const png = await new Figure({ width: 200, height: 10, body: "" }, { title }).png();
    const { data, info } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
    assert.deepEqual(info.width, 400);
    return Array.from(data, (level) => level < 128 ? 1 : 0);
  };
  const [first, second] = [await ink("illi"), await ink("MWMW")];
  const dark = (bits: number[]) => bits.filter(Boolean).length;
  assertGreater(dark(first), 30);
  assert.notDeepEqual(first, second);
  // without a font every letter is the same box
  assertGreater(dark(second), 1.8 * dark(first));
});

Deno.test("a figure is saved as SVG and PNG", async () => {
  const folder = await Deno.makeTempDir();
  const figure = figures.loss!();
  await figure.save(`${folder}/a/loss`);
  assert.deepEqual(await Deno.readTextFile(`${folder}/a/loss.svg`), figure.svg);
  assert.deepEqual([...(await Deno.readFile(`${folder}/a/loss.png`)).subarray(1, 4)], [80, 78, 71]);
  assert.deepEqual([...Deno.readDirSync(`${folder}/a`)].length, 2);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a notebook shows a figure as an image inside HTML, with all its texts in words", () => {
  const text = { title: 'A "title" < b', subtitle: "below it", caption: "It ends here." };
  const figure = new Figure({ width: 300, height: 10, body: "" }, {
    ...text,
    legend: [{ label: "torch", color: "#000" }],
  });
  const { "text/html": html, ...others } = figure.displayData();
  assert.deepEqual(Object.keys(others), ["text/plain"]);
  const [, alt, data] = html!.match(
    /^<img alt="([^"]*)" .* src="data:image\/svg\+xml;base64,(.*)">$/,
  )!;
  assert.equal(alt, "A &quot;title&quot; &lt; b. below it. torch. It ends here.");
  const shown = new TextDecoder().decode(Uint8Array.fromBase64(data!));
  assert.match(shown, /^<svg [\s\S]*<\/svg>\s*$/);
  const textsOf = (svg: string) => svg.match(/(?<=>)[^<>]+(?=<\/)/g);
  assert.deepEqual(textsOf(shown), textsOf(figure.svg));
  // white paper or black ink would be wrong in one of the two themes
  assert(!shown.includes('fill="white"') && !shown.includes("#555") && shown.includes("#7a7a7a"));
  assert(figure.svg.includes('fill="white"'));
});
