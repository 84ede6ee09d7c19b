import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { Figure, type FigureText } from "./figure.ts";
import { fontFamily } from "./fonts.ts";

/**
 * Okabe and Ito's colours, which colour-blind readers can tell apart. Each has a dash of its own for
 * readers of a grey print.
 */
export const palette: readonly { readonly color: string; readonly dash: string }[] = [
  { color: "#0072B2", dash: "none" },
  { color: "#D55E00", dash: "7 3" },
  { color: "#009E73", dash: "2 3" },
  { color: "#CC79A7", dash: "9 3 2 3" },
  { color: "#E69F00", dash: "4 2" },
  { color: "#56B4E9", dash: "1 2" },
];

/** Colour and dash of the series at a position; they repeat after six. */
export function seriesStyle(index: number): { readonly color: string; readonly dash: string } {
  return palette[index % palette.length]!;
}

/** Draws a plot of @observablehq/plot as a figure. Legends are given as text: Plot's are HTML. */
export function plotFigure(options: Plot.PlotOptions, text: FigureText): Figure {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const element = Plot.plot({
    width: 780,
    ...options,
    document: document as unknown as Document,
    figure: false,
    className: "plot",
    style: { fontFamily, fontSize: "12px", background: "white", overflow: "visible" },
  });
  element.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new Figure({
    width: Number(element.getAttribute("width")),
    height: Number(element.getAttribute("height")),
    body: element.outerHTML,
  }, text);
}
