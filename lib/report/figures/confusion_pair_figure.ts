import type { ConfusionMatrix } from "../../metrics/confusion.ts";
import { Figure } from "../figure.ts";
import { svgText } from "../svg_text.ts";
import { confusionWords } from "../words/confusion_words.ts";
import { shade } from "./confusion_figure.ts";

/** A confusion matrix and what stands above it. */
export interface TitledMatrix {
  /** What stands above it, without the count of classes. */
  readonly title: string;
  /** Counts of images by true and predicted class. */
  readonly matrix: ConfusionMatrix;
}

/**
 * Two confusion matrices of the same classes side by side: rows true, columns predicted, shares of rows.
 * @param text `counted` is what rows and columns stand for, "classes" unless said otherwise
 * @throws RangeError if they have different numbers of classes
 */
export function confusionPairFigure(
  pair: readonly [TitledMatrix, TitledMatrix],
  { title, data, counted = "classes" }: {
    readonly title: string;
    readonly data: string;
    readonly counted?: "classes" | "kinds";
  },
): Figure {
  const [{ classes }, { classes: others }] = [pair[0].matrix, pair[1].matrix];
  if (classes !== others) throw new RangeError(`${classes} classes beside ${others}`);
  const size = 310, cell = size / classes, [left, top, gap] = [40, 24, 50];
  const text = (x: number, y: number, what: string, attributes = "") =>
    svgText(x, y, what, 12, `text-anchor="middle" ${attributes}`);
  const one = counted === "kinds" ? "kind" : "class";
  let body = "";
  pair.forEach(({ title, matrix: { counts, predicted } }, at) => {
    const x = left + at * (size + gap);
    // white, for the shades mean little on a dark page
    body +=
      `<rect x="${x}" y="${top}" width="${size}" height="${size}" fill="white" stroke="#999"/>`;
    for (let row = 0; row < classes; row++) {
      const own = counts.subarray(row * classes, (row + 1) * classes);
      const total = own.reduce((a, b) => a + b, 0);
      own.forEach((count, column) => {
        if (count === 0) return;
        body += `<rect x="${x + column * cell}" y="${top + row * cell}" width="${cell}" ` +
          `height="${cell}" fill="${shade(count / total)}"/>`;
      });
    }
    const [middle, across] = [x + size / 2, top + size / 2];
    body += text(middle, 14, `${title}: ${predicted} of ${classes} ${counted} occur`) +
      text(middle, top + size + 18, `predicted ${one}`) +
      text(x - 12, across, `true ${one}`, `transform="rotate(-90 ${x - 12} ${across})"`);
  });
  return new Figure({ width: left + 2 * size + gap + 10, height: top + size + 28, body }, {
    title,
    subtitle: data,
    seen: pair.map(({ title, matrix }) => `${title}: ${confusionWords(matrix)}`).join(" "),
    caption:
      "Test images. The darker, the larger the share of the row. A network that has learned has a " +
      "diagonal; one that has collapsed has a column.",
  });
}
