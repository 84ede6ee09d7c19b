import type { PixelSet } from "../../pixels/pixels.ts";
import { escapeXml } from "../escape.ts";
import { Figure, greyDataUri } from "../figure.ts";

/** The first images of every class, as the networks see them, under the class's name. */
export async function samplesFigure(
  { height, labels, pixels, width }: PixelSet,
  { classes, data, each = 3 }: {
    readonly classes: readonly string[];
    readonly data: string;
    readonly each?: number;
  },
): Promise<Figure> {
  const [columns, zoom] = [5, 1.5];
  const [cell, line] = [156, 32 * zoom + 24];
  let body = "";
  for (const [label, name] of classes.entries()) {
    const found: number[] = [];
    for (let i = 0; i < labels.length && found.length < each; i++) {
      if (labels[i] === label) found.push(i);
    }
    const [x, y] = [8 + (label % columns) * cell, Math.floor(label / columns) * line];
    const short = name.length > 22 ? name.slice(0, 21) + "…" : name;
    body += `<text x="${x}" y="${y + 12}" font-size="11">${escapeXml(short)}</text>`;
    if (found.length === 0) continue;
    // one picture for all of them
    const strip = new Uint8Array(found.length * width * height);
    found.forEach((image, k) => {
      for (let row = 0; row < height; row++) {
        const at = (image * height + row) * width;
        strip.set(pixels.subarray(at, at + width), (row * found.length + k) * width);
      }
    });
    const uri = await greyDataUri(strip, found.length * width, height);
    body += `<image href="${uri}" x="${x}" y="${y + 17}" width="${zoom * 32 * found.length}" ` +
      `height="${zoom * 32}" style="image-rendering:pixelated"/>`;
  }
  const rows = Math.ceil(classes.length / columns);
  return new Figure({ width: 8 + columns * cell, height: rows * line, body }, {
    title: `Training images of each of ${classes.length} classes, at 32×32 grey`,
    subtitle: data,
  });
}
