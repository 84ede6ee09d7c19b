import * as Plot from "@observablehq/plot";
import type { History } from "../../systems/system.ts";
import type { Figure } from "../figure.ts";
import { plotFigure, seriesStyle } from "../plot.ts";

/** One line of a figure: a system's name and what its training recorded. */
export interface Series {
  /** Name in the legend. */
  readonly name: string;
  /** The losses by epoch. */
  readonly history: History;
}

/** Checks that there is something to draw. @throws RangeError if there is not */
export function checkSeries(series: readonly Series[]): void {
  if (series.length === 0) throw new RangeError("there is no series to draw");
  for (const { name, history } of series) {
    if (history.length === 0) throw new RangeError(`${name} has no epoch to draw`);
  }
}

/** Figure 2: training loss by epoch. The dotted line is ln K, the loss of a network that knows nothing. */
export function lossFigure(
  series: readonly Series[],
  { classes, data }: { readonly classes: number; readonly data: string },
): Figure {
  checkSeries(series);
  const start = Math.log(classes);
  const epochs = Math.max(...series.map(({ history }) => history.length));
  return plotFigure({
    height: 350,
    marginBottom: 44,
    marginLeft: 52,
    x: { label: "epoch", domain: [1, Math.max(2, epochs)], ticks: Math.min(epochs, 12) },
    y: { label: "cross-entropy (nats)", grid: true, nice: true },
    marks: [
      Plot.ruleY([start], { stroke: "#777", strokeDasharray: "2 4" }),
      Plot.text([start], {
        x: Math.max(2, epochs),
        y: (value) => value,
        text: () => `ln ${classes} = ${start.toFixed(2)}: chance`,
        textAnchor: "end",
        dy: -8,
        fill: "#555",
      }),
      ...series.flatMap(({ name, history }, i) => {
        const { color, dash } = seriesStyle(i);
        const options = { x: "epoch", y: "loss", stroke: color } as const;
        return [
          Plot.line(history, { ...options, strokeWidth: 2.5, strokeDasharray: dash }),
          Plot.dot(history, { ...options, fill: "white", r: 3, ariaLabel: name }),
        ];
      }),
    ],
  }, {
    title: "Figure 2. Training loss",
    subtitle: data,
    legend: series.map(({ name }, i) => ({ label: name, ...seriesStyle(i) })),
    caption: "Mean over an epoch's batches, while the weights were moving. Cross-entropy has the " +
      "lower bound 0.",
  });
}
