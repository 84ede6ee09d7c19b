import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { systemNames } from "../systems/create_system.ts";
import { Figure, type FigureText } from "./figure.ts";
import { fontFamily } from "./fonts.ts";
import type { SystemName } from "../systems/system.ts";

/** How a series is drawn: its colour, and its dash for readers of a grey print. */
export interface SeriesStyle {
  /** As CSS writes it. */
  readonly color: string;
  /** As SVG's `stroke-dasharray` takes it. */
  readonly dash: string;
}

/**
 * Okabe and Ito's colours, which colour-blind readers can tell apart. Each has a dash of its own for
 * readers of a grey print.
 */
const palette: readonly SeriesStyle[] = [
  { color: "#0072B2", dash: "none" },
  { color: "#D55E00", dash: "7 3" },
  { color: "#009E73", dash: "2 4" },
  { color: "#CC79A7", dash: "9 3 2 3" },
  { color: "#E69F00", dash: "7 4" },
  { color: "#56B4E9", dash: "2 5" },
];

/** Colour and dash of a system, the same in every figure. */
export function systemStyle(system: SystemName): SeriesStyle {
  return palette[systemNames.indexOf(system)]!;
}

/** Colour and dash of a series that is no system: a stage or a setting, say. They repeat after three. */
export function otherStyle(index: number): SeriesStyle {
  const others = palette.slice(systemNames.length);
  return others[index % others.length]!;
}

/**
 * Draws a plot of @observablehq/plot as a figure: `plotFigure({ marks: [Plot.line(…)] }, { title: "…" })`.
 * Legends are given as text: Plot's are HTML.
 * @param options as `Plot.plot` takes them
 */
export function plotFigure(
  options: object,
  text: FigureText,
): Figure {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const element = Plot.plot({
    width: 780,
    ...options as Plot.PlotOptions,
    document: document as unknown as Document,
    figure: false,
    className: "plot",
    style: { fontFamily, fontSize: "12px", background: "none", overflow: "visible" },
  });
  element.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new Figure({
    width: Number(element.getAttribute("width")),
    height: Number(element.getAttribute("height")),
    body: element.outerHTML,
  }, text);
}
