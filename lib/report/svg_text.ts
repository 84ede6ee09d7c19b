import { escapeXml } from "./escape.ts";

/**
 * A line of text as an SVG element.
 * @param x where it begins, ends or has its middle, as `text-anchor` among the attributes says
 * @param y of the line on which the letters stand
 * @param attributes further attributes as SVG writes them
 */
export function svgText(
  x: number,
  y: number,
  text: string,
  fontSize: number,
  attributes = "",
): string {
  return `<text x="${x}" y="${y}" font-size="${fontSize}" ${attributes}>${escapeXml(text)}</text>`;
}
