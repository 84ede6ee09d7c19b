import { escapeXml } from "../escape.ts";
import { Figure, greyDataUri, wrap } from "../figure.ts";

/** A layer's weights as a matrix. */
export interface WeightMap {
  /** Stands above it. */
  readonly title: string;
  /** Units (rows) and their inputs (columns). */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: ArrayLike<number>;
}

/** Colours of the largest negative and positive weight; between them and nothing it grows pale. */
const [negative, positive] = [[0x00, 0x72, 0xb2], [0xd5, 0x5e, 0x00]] as const;
/** Colour of a weight that is exactly zero. */
const nothing = [0xc8, 0xc8, 0xc8] as const;

/**
 * Matrices of weights side by side, each weight a pixel: blue below zero, orange above, grey where it
 * is exactly zero. All have one scale of colours.
 * @throws RangeError if there is no matrix, or one whose numbers are not as many as its shape says
 */
export async function weightMapFigure(
  maps: readonly WeightMap[],
  text: { readonly title: string; readonly subtitle?: string },
): Promise<Figure> {
  if (maps.length === 0) throw new RangeError("there are no weights to draw");
  const all = maps.flatMap(({ values }) => Array.from(values, Math.abs)).sort((a, b) => a - b);
  // one weight far from all others must not turn the rest pale
  const most = all[Math.floor(0.99 * (all.length - 1))] || 1;
  const [total, margin, gap] = [780, 8, 16];
  const room = Math.floor((total - 2 * margin - gap * (maps.length - 1)) / maps.length);
  let body = "", height = 0;
  for (const [i, { title, shape, values }] of maps.entries()) {
    const rows = shape[0] ?? 1, columns = values.length / rows;
    if (!Number.isInteger(columns) || columns === 0) {
      throw new RangeError(`${title}: ${values.length} weights do not fill ${rows} rows`);
    }
    // a whole number of pixels for each weight, where there is room
    const width = room >= columns ? columns * Math.floor(room / columns) : room;
    const x = margin + i * (room + gap), side = Math.max(40, Math.round(width * rows / columns));
    const uri = await greyDataUri(coloured(values, most), columns, rows, 3);
    const lines = wrap(title, room, 12);
    body += lines.map((line, n) =>
      `<text x="${x}" y="${12 + 15 * n}" font-size="12">${escapeXml(line)}</text>`
    ).join("") +
      `<image href="${uri}" x="${x}" y="${8 + 15 * lines.length}" width="${width}" ` +
      `height="${side}" preserveAspectRatio="none" style="image-rendering:pixelated"/>`;
    height = Math.max(height, side + 8 + 15 * lines.length);
  }
  const hex = (rgb: readonly number[]) =>
    `#${rgb.map((level) => level.toString(16).padStart(2, "0")).join("")}`;
  return new Figure({ width: total, height: height + 6, body }, {
    ...text,
    legend: [
      { label: `−${most.toPrecision(2)} and below`, color: hex(negative) },
      { label: `${most.toPrecision(2)} and above`, color: hex(positive) },
      { label: "exactly zero", color: hex(nothing) },
    ],
    caption:
      "One pixel is one weight. Rows: units. Columns: their inputs. The nearer a weight is to " +
      "zero, the paler is its pixel.",
  });
}

/** Red, green and blue of each weight. */
function coloured(values: ArrayLike<number>, most: number): Uint8Array {
  const pixels = new Uint8Array(3 * values.length);
  for (let i = 0; i < values.length; i++) {
    const w = values[i]!, share = Math.min(1, Math.abs(w) / most);
    const full = w < 0 ? negative : positive;
    pixels.set(w === 0 ? nothing : full.map((level) => 255 + share * (level - 255)), 3 * i);
  }
  return pixels;
}
