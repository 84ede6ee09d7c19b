import type { ConfusionMatrix } from "../../metrics/confusion.ts";
import { escapeXml } from "../escape.ts";
import { Figure } from "../figure.ts";
import { confusionWords } from "../words/confusion_words.ts";

/**
 * A confusion matrix as a heat map: rows true, columns predicted, each row's shares.
 * @param text `counted` is what rows and columns stand for, "classes" unless said otherwise
 * @throws RangeError if there are not as many names as classes
 */
export function confusionFigure(
  matrix: ConfusionMatrix,
  { names, title, data, counted = "classes" }: {
    readonly names: readonly string[];
    readonly title: string;
    readonly data: string;
    readonly counted?: "classes" | "kinds";
  },
): Figure {
  const { classes, counts, predicted } = matrix;
  if (names.length !== classes) {
    throw new RangeError(`${names.length} names for ${classes} classes`);
  }
  const cell = Math.max(6, Math.min(36, Math.floor(560 / classes)));
  const size = cell * classes;
  const [left, top] = [168, 8];
  const font = Math.max(7, Math.min(12, cell - 1));
  // white, for the shades mean little on a dark page
  let body =
    `<rect x="${left}" y="${top}" width="${size}" height="${size}" fill="white" stroke="#999"/>`;
  for (let row = 0; row < classes; row++) {
    const own = counts.subarray(row * classes, (row + 1) * classes);
    const total = own.reduce((a, b) => a + b, 0);
    body +=
      `<text x="${left - 6}" y="${top + (row + 0.5) * cell + font / 3}" font-size="${font}" ` +
      `text-anchor="end">${escapeXml(names[row]!)}</text>`;
    own.forEach((count, column) => {
      if (count === 0) return;
      body += `<rect x="${left + column * cell}" y="${top + row * cell}" width="${cell}" ` +
        `height="${cell}" fill="${shade(count / total)}"/>`;
    });
  }
  body +=
    `<text x="${left + size / 2}" y="${top + size + 18}" font-size="12" text-anchor="middle">` +
    `predicted, in the same order (${predicted} of ${classes} ${counted} occur)</text>`;
  // the scale of shades, with its ends and its middle
  const x = left + size + 24;
  for (let i = 0; i <= 20; i++) {
    body += `<rect x="${x}" y="${top + 10 + (20 - i) * 6}" width="14" height="6.5" ` +
      `fill="${shade(i / 20)}"/>`;
  }
  body +=
    [1, 0.5, 0].map((share) =>
      `<text x="${x + 20}" y="${top + 18 + (1 - share) * 120}" font-size="11">` +
      `${share * 100} %</text>`
    ).join("") + `<text x="${x}" y="${top + 152}" font-size="11">of the row</text>`;
  return new Figure({ width: x + 84, height: top + size + 30, body }, {
    title,
    subtitle: data,
    seen: confusionWords(matrix, names),
  });
}

/** White to dark blue, for a share from 0 to 1. */
export function shade(share: number): string {
  const mix = (from: number, to: number) => Math.round(from + (to - from) * Math.sqrt(share));
  return `rgb(${mix(245, 0)},${mix(248, 45)},${mix(252, 110)})`;
}
