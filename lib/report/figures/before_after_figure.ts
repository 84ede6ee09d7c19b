import type { Dataset } from "../../data/dataset.ts";
import type { ExampleImage } from "../../diagnosis/example_images.ts";
import { base64 } from "../base64.ts";
import { escapeXml } from "../escape.ts";
import { Figure, greyDataUri } from "../figure.ts";

/** Images as on disk and, below each, as 32×32 grey, enlarged without smoothing. */
export async function beforeAfter(
  { name, synthetic }: Pick<Dataset, "name" | "synthetic">,
  examples: readonly ExampleImage[],
): Promise<Figure> {
  const columns = Math.min(6, examples.length);
  const [cell, gap] = [118, 8];
  let body = "";
  for (const [k, { className, width, height, jpeg, grey }] of examples.entries()) {
    const x = 8 + (k % columns) * (cell + gap);
    const y = 4 + Math.floor(k / columns) * (2 * cell + 62);
    const small = await greyDataUri(grey, 32, 32);
    body += picture(`data:image/jpeg;base64,${base64(jpeg)}`, x, y, cell, "") +
      picture(small, x, y + cell + 20, cell, "image-rendering:pixelated") +
      label(`${width}×${height}`, x, y + cell + 14) +
      label(className, x, y + 2 * cell + 35);
  }
  const rows = Math.ceil(examples.length / columns);
  const drawing = { width: 8 + columns * (cell + gap), height: rows * (2 * cell + 62), body };
  return new Figure(drawing, {
    title: "Before and after preprocessing",
    subtitle: `${name}${synthetic ? " (synthetic)" : ""}: test images on disk, and as 32×32 grey`,
  });
}

function picture(uri: string, x: number, y: number, side: number, style: string): string {
  return `<image href="${uri}" x="${x}" y="${y}" width="${side}" height="${side}" ` +
    `preserveAspectRatio="xMidYMid meet"${style ? ` style="${style}"` : ""}/>`;
}

function label(text: string, x: number, y: number): string {
  const short = text.length > 18 ? text.slice(0, 17) + "…" : text;
  return `<text x="${x}" y="${y}" font-size="11">${escapeXml(short)}</text>`;
}
