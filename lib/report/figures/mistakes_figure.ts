import type { Mistake } from "../../diagnosis/hardest_mistakes.ts";
import type { PixelSet } from "../../pixels/pixels.ts";
import { escapeXml } from "../escape.ts";
import { Figure, greyDataUri } from "../figure.ts";

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** Images that a network got wrong, and what it took each for: its guesses with their probabilities. */
export async function mistakesFigure(
  mistakes: readonly Mistake[],
  images: PixelSet,
  { classes, color, data, title }: {
    readonly classes: readonly string[];
    readonly color: string;
    readonly data: string;
    readonly title: string;
  },
): Promise<Figure> {
  const [columns, cell, line, side] = [3, 260, 128, 84];
  let body = "";
  for (const [k, { index, label, guesses }] of mistakes.entries()) {
    const [x, y] = [8 + (k % columns) * cell, Math.floor(k / columns) * line];
    const uri = await greyDataUri(images.get(index), images.width, images.height);
    body += `<text x="${x}" y="${y + 12}" font-size="11" font-weight="bold">` +
      `${escapeXml(classes[label]!)}</text>` +
      `<image href="${uri}" x="${x}" y="${y + 18}" width="${side}" height="${side}" ` +
      `style="image-rendering:pixelated"/>`;
    guesses.forEach(({ label: guess, probability }, row) => {
      const [left, top] = [x + side + 8, y + 18 + row * 17];
      body +=
        `<rect x="${left}" y="${top}" width="${(140 * probability).toFixed(1)}" height="14" ` +
        `fill="${color}" fill-opacity="0.35"/><text x="${left + 4}" y="${top + 11}" ` +
        `font-size="10.5"${guess === label ? ' font-weight="bold"' : ""}>` +
        `${escapeXml(classes[guess]!)} ${percent(probability)}</text>`;
    });
  }
  const rows = Math.max(1, Math.ceil(mistakes.length / columns));
  return new Figure({ width: 8 + columns * cell, height: rows * line, body }, {
    title,
    subtitle: data,
    seen: mistakes.map(({ label, guesses: [first] }) =>
      `${classes[label]} is taken for ${classes[first!.label]} (${percent(first!.probability)})`
    ).join(", "),
    caption: mistakes.length === 0
      ? "There is no mistake."
      : "Above each image its class; beside it the five classes that the network finds most probable. " +
        "These are the images whose own class it finds least probable.",
  });
}
