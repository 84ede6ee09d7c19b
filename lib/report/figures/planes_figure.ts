import { escapeXml } from "../escape.ts";
import { Figure, type FigureText, greyDataUri } from "../figure.ts";

/** Planes of numbers that are drawn side by side: the maps of a layer, or its filters. */
export interface Planes {
  /** What the row shows. */
  readonly name: string;
  /** Rows of a plane. */
  readonly height: number;
  /** Columns of a plane. */
  readonly width: number;
  /** (planes, height, width) */
  readonly values: ArrayLike<number>;
}

/**
 * Rows of planes as grey pictures. Within a row one grey level means one number: black is the smallest and
 * white the largest, or, where `centred` is set, middle grey is zero.
 * @throws RangeError if the numbers of a row make no whole planes
 */
export async function planesFigure(
  rows: readonly Planes[],
  text: FigureText,
  { side = 44, centred = false }: { readonly side?: number; readonly centred?: boolean } = {},
): Promise<Figure> {
  const [left, gap, width] = [120, 4, 780];
  const perLine = Math.floor((width - left) / (side + gap));
  let y = 4;
  let body = "";
  for (const { name, height, width: columns, values } of rows) {
    const size = height * columns;
    const count = values.length / size;
    if (!Number.isInteger(count) || count < 1) {
      throw new RangeError(`${values.length} numbers make no planes of ${height}×${columns}`);
    }
    const grey = greyLevels(values, centred);
    const shownHeight = side * height / columns;
    body += `<text x="0" y="${y + 14}" font-size="11">${escapeXml(name)}</text>`;
    for (let k = 0; k < count; k++) {
      if (k > 0 && k % perLine === 0) y += shownHeight + gap;
      const plane = await greyDataUri(grey.subarray(k * size, (k + 1) * size), columns, height);
      body += `<image href="${plane}" x="${left + (k % perLine) * (side + gap)}" y="${y}" ` +
        `width="${side}" height="${shownHeight}" preserveAspectRatio="none" ` +
        `style="image-rendering:pixelated"/>`;
    }
    y += shownHeight + gap + 8;
  }
  return new Figure({ width, height: y, body }, text);
}

function greyLevels(values: ArrayLike<number>, centred: boolean): Uint8Array {
  let least = Infinity, most = -Infinity;
  for (let i = 0; i < values.length; i++) {
    least = Math.min(least, values[i]!);
    most = Math.max(most, values[i]!);
  }
  if (centred) {
    most = Math.max(Math.abs(least), Math.abs(most));
    least = -most;
  }
  const range = most - least || 1;
  return Uint8Array.from(values, (value) => Math.round(255 * (value - least) / range));
}
