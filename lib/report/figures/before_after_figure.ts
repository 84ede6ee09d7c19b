import type { Dataset } from "../../data/dataset.ts";
import { preprocess } from "../../pixels/preprocess.ts";
import { encodeBase64 } from "../base64.ts";
import { escapeXml } from "../escape.ts";
import { Figure, greyDataUri } from "../figure.ts";

/**
 * One test image of each of `count` classes: as on disk (its proportions kept) and as 32×32 grey,
 * enlarged without smoothing.
 */
export async function beforeAfter(dataset: Dataset, count: number): Promise<Figure> {
  const { sharp } = await imaging();
  const { test } = dataset.splits;
  const classes = dataset.classes.length;
  const shown = Math.min(count, classes);
  const columns = Math.min(6, shown);
  const [cell, gap] = [118, 8];
  let body = "";
  for (let k = 0; k < shown; k++) {
    const index = test.labels.indexOf(Math.floor(k * classes / shown));
    if (index < 0) continue;
    const source = test.image(index);
    const raw = source.kind === "raw";
    const image = raw
      ? sharp(source.data, {
        raw: { width: source.width, height: source.height, channels: source.channels },
      })
      : sharp(source.path);
    const { width = 1, height = 1 } = raw ? source : await image.metadata();
    const fitted = await image.resize(2 * cell, 2 * cell, { fit: "inside" }).removeAlpha()
      .jpeg({ quality: 80 }).toBuffer();
    const grey = await preprocess(source, {}, test.name(index));
    const x = 8 + (k % columns) * (cell + gap);
    const y = 4 + Math.floor(k / columns) * (2 * cell + 62);
    body += picture(`data:image/jpeg;base64,${encodeBase64(fitted)}`, x, y, cell, "") +
      picture(
        await greyDataUri(grey, 32, 32),
        x,
        y + cell + 20,
        cell,
        "image-rendering:pixelated",
      ) +
      label(`${width}×${height}`, x, y + cell + 14) +
      label(dataset.classes[test.labels[index]!]!, x, y + 2 * cell + 35);
  }
  const rows = Math.ceil(shown / columns);
  const drawing = { width: 8 + columns * (cell + gap), height: rows * (2 * cell + 62), body };
  return new Figure(drawing, {
    title: "Before and after preprocessing",
    subtitle:
      `${dataset.name}${dataset.synthetic ? " (synthetic)" : ""}: test images on disk, and as ` +
      "32×32 grey",
  });
}

async function imaging() {
  return { sharp: (await import("sharp")).default };
}

function picture(uri: string, x: number, y: number, side: number, style: string): string {
  return `<image href="${uri}" x="${x}" y="${y}" width="${side}" height="${side}" ` +
    `preserveAspectRatio="xMidYMid meet"${style ? ` style="${style}"` : ""}/>`;
}

function label(text: string, x: number, y: number): string {
  const short = text.length > 18 ? text.slice(0, 17) + "…" : text;
  return `<text x="${x}" y="${y}" font-size="11">${escapeXml(short)}</text>`;
}
