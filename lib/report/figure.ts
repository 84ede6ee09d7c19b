import { base64 } from "./base64.ts";
import { writeAtomic } from "../util/files.ts";
import { escapeXml } from "./escape.ts";
import { fontFamily, useOwnFont } from "./fonts.ts";

/** A grey with the same contrast, 4.4 to 1, to white and to the cells of JupyterLab's dark theme. */
const greyInk = "#7a7a7a";

/** The white ground of a figure on disk. */
const paper = `<rect width="100%" height="100%" fill="white"/>`;

/** The texts around a drawing. */
export interface FigureText {
  /** Title, in bold above the drawing. */
  readonly title: string;
  /** Smaller text below the title. */
  readonly subtitle?: string;
  /** Text below the drawing. */
  readonly caption?: string;
  /** What is seen in the drawing, for readers who do not see it. It is part of `alt` and is not drawn. */
  readonly seen?: string;
  /** Samples of the lines that are drawn, above the drawing. */
  readonly legend?: readonly LegendEntry[];
}

/** One sample of a legend: a line in its colour and dash. */
export interface LegendEntry {
  /** Text beside the sample. */
  readonly label: string;
  /** Colour of the line, as CSS writes it. */
  readonly color: string;
  /** Dash of the line, as SVG's `stroke-dasharray` takes it; absent: a whole line. */
  readonly dash?: string;
}

/** A drawing without its surroundings: the inside of an SVG of this size. */
export interface Drawing {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** SVG elements. */
  readonly body: string;
}

/**
 * A figure that is one SVG with nothing outside it: title, legend and caption are drawn too. Shown in
 * notebooks, kept on disk as SVG and PNG. The same input gives the same bytes.
 */
export class Figure {
  /** The figure as SVG. */
  readonly svg: string;
  /** The title. */
  readonly title: string;
  /** The figure in words, for readers who do not see it: what is seen, and all texts around the drawing. */
  readonly alt: string;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;

  /** A figure of a drawing and its texts. */
  constructor(drawing: Drawing, text: FigureText) {
    const { head, top } = drawHead(drawing.width, text);
    const captionLines = text.caption ? wrap(text.caption, drawing.width - 16, 11) : [];
    this.title = text.title;
    const labels = (text.legend ?? []).map(({ label }) => label);
    const parts = [text.title, text.subtitle, text.seen, labels.join(", "), text.caption];
    this.alt = parts.filter(Boolean).map((part) => part!.replace(/\.$/, "")).join(". ") + ".";
    const described = text.seen || (text.caption ?? text.subtitle ?? text.title);
    this.width = drawing.width;
    this.height = top + drawing.height +
      (captionLines.length > 0 ? 10 + 15 * captionLines.length : 0);
    const foot = captionLines.map((line, i) =>
      `<text x="8" y="${top + drawing.height + 15 * (i + 1)}" font-size="11" fill="#555">` +
      `${escapeXml(line)}</text>`
    ).join("");
    this.svg =
      `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
      `width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}" ` +
      `font-family="${fontFamily}" role="img"><title>${escapeXml(text.title)}</title>` +
      `<desc>${escapeXml(described)}</desc>${paper}${head}` +
      `<g transform="translate(0 ${top})">${drawing.body}</g>${foot}</svg>\n`;
  }

  /** The figure as a PNG, `scale` pixels to a unit. */
  async png(scale = 2): Promise<Uint8Array> {
    await useOwnFont();
    const { default: sharp } = await import("sharp");
    return await sharp(new TextEncoder().encode(this.svg), { density: 72 * scale, unlimited: true })
      .flatten({ background: "#fff" }).png({ compressionLevel: 9, palette: true }).toBuffer();
  }

  /** Writes `<base>.svg` and `<base>.png`. */
  async save(base: string): Promise<void> {
    await writeAtomic(`${base}.svg`, this.svg);
    await writeAtomic(`${base}.png`, await this.png());
  }

  /** What a notebook shows, by media type. */
  displayData(): Record<string, string> {
    return {
      "text/html": svgImage(this.svg, escapeXml(this.alt)),
      "text/plain": `Figure: ${this.title} (${this.width}×${this.height})`,
    };
  }

  /** Lets the kernel show it as a cell's last expression too. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return this.displayData();
  }
}

/**
 * The SVG of a figure as HTML for a notebook. JupyterLab hides `image/svg+xml` in notebooks that it does not
 * trust, which are all that were cloned; an image inside HTML is shown, and shrinks with its cell. An image
 * cannot know the page's theme, so it has no paper, and a grey ink that both themes can take.
 * @param alt what it shows in words, escaped
 */
export function svgImage(svg: string, alt: string): string {
  const onAnyGround = svg.replaceAll(paper, "").replaceAll('"#555"', `"${greyInk}"`)
    .replace("<svg ", `<svg fill="${greyInk}" color="${greyInk}" `);
  const source = `data:image/svg+xml;base64,${base64(new TextEncoder().encode(onAnyGround))}`;
  return `<img alt="${alt}" style="max-width:100%" src="${source}">`;
}

/** A picture of grey levels, or of red, green and blue, as a PNG for use inside an SVG. */
export async function greyDataUri(
  pixels: Uint8Array,
  width: number,
  height: number,
  channels: 1 | 3 = 1,
): Promise<string> {
  const { default: sharp } = await import("sharp");
  const png = await sharp(pixels, { raw: { width, height, channels } }).png().toBuffer();
  return `data:image/png;base64,${base64(png)}`;
}

/** Widths of DejaVu Sans's letters, rounded up, in units of the font size. */
const letterWidths: ReadonlyMap<string, number> = new Map(
  ([
    [0.3, "IJijl"],
    [0.34, " ,./:;\\|'"],
    [0.4, "()-[]ft"],
    [0.46, '!"r'],
    [0.53, "*_`sz"],
    [0.6, "?FLckvxy"],
    [0.64, "$0123456789EPSTYabdeghnopqu{}–"],
    [0.7, "ABCKRVXZ"],
    [0.79, "&DGHNOQU"],
    [0.87, "#+<=>M^w~×"],
  ] as const).flatMap(([width, letters]) => [...letters].map((letter) => [letter, width] as const)),
);

/** An upper bound of a text's width in DejaVu Sans. */
export function textWidth(text: string, size: number, bold = false): number {
  const letters = [...text];
  const sum = letters.reduce((sum, letter) => sum + (letterWidths.get(letter) ?? 1), 0);
  // where an SVG is shown in another font, lines of narrow letters may be wider; no bold letter is
  // more than 1.27 times as wide as the plain one
  return Math.ceil(size * Math.max(0.64 * letters.length, sum * (bold ? 1.27 : 1)));
}

/** Breaks a text into lines of at most `width`. */
export function wrap(text: string, width: number, size: number, bold = false): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(longer, size, bold) <= width) {
      lines[lines.length - 1] = longer;
    } else lines.push(word);
  }
  return lines;
}

function drawHead(
  width: number,
  { title, subtitle, legend = [] }: FigureText,
): { readonly head: string; readonly top: number } {
  let y = 8;
  let head = "";
  const lines = (text: string, size: number, style: string, bold = false) => {
    for (const line of wrap(text, width - 16, size, bold)) {
      y += size + 6;
      head += `<text x="8" y="${y}" font-size="${size}" ${style}>${escapeXml(line)}</text>`;
    }
  };
  lines(title, 15, 'font-weight="bold"', true);
  if (subtitle) lines(subtitle, 12, 'fill="#555"');
  if (legend.length > 0) {
    let x = 8;
    y += 22;
    for (const { label, color, dash } of legend) {
      const length = 40 + textWidth(label, 12);
      if (x > 8 && x + length > width) {
        x = 8;
        y += 20;
      }
      head += `<line x1="${x}" x2="${x + 26}" y1="${y - 4}" y2="${y - 4}" stroke="${color}" ` +
        `stroke-width="2.5"${dash ? ` stroke-dasharray="${dash}"` : ""}/>` +
        `<text x="${x + 32}" y="${y}" font-size="12">${escapeXml(label)}</text>`;
      x += length + 12;
    }
    y += 4;
  }
  return { head, top: y + 8 };
}
