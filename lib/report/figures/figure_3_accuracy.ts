import * as Plot from "@observablehq/plot";
import type { Figure } from "../figure.ts";
import { plotFigure } from "../plot.ts";
import {
  checkSeries,
  epochAxis,
  type FigureSubject,
  firstAndLast,
  type Series,
  styleOf,
} from "./figure_2_loss.ts";

/** Figure 3: top-1 and top-5 on the validation images by epoch, side by side. */
export function accuracyFigure(
  series: readonly Series[],
  { classes, data, title = "Figure 3. Top-1 and top-5 accuracy by epoch", width = 780 }:
    FigureSubject,
): Figure {
  checkSeries(series);
  const epochs = Math.max(2, ...series.map(({ history }) => history.at(-1)!.epoch));
  const chance = [1, 5].map((k) => ({ metric: `top-${k}`, share: Math.min(1, k / classes) }));
  const points = (history: Series["history"]) =>
    history.flatMap(({ epoch, val }) =>
      val === undefined ? [] : [
        { epoch, metric: "top-1", share: val.top1 },
        { epoch, metric: "top-5", share: val.top5 },
      ]
    );
  for (const { name, history } of series) {
    if (points(history).length === 0) {
      throw new RangeError(`${name} was not validated; fit() needs \`validation\``);
    }
  }
  return plotFigure({
    width,
    height: 350,
    marginBottom: 44,
    marginLeft: 52,
    marginTop: 36,
    fx: { label: null, padding: 0.12 },
    x: { domain: [1, epochs], ...epochAxis(epochs, width) },
    y: { label: "share of validation images", grid: true, nice: true, zero: true },
    marks: [
      Plot.ruleY(chance, { y: "share", fx: "metric", stroke: "#777", strokeDasharray: "2 4" }),
      Plot.text(chance, {
        x: epochs,
        y: "share",
        fx: "metric",
        text: ({ share }) =>
          `chance ${share.toLocaleString("en", { maximumSignificantDigits: 2 })}`,
        textAnchor: "end",
        dy: -8,
        fill: "#555",
      }),
      ...series.flatMap((one, i) => {
        const { name, history } = one;
        const { color, dash } = styleOf(one, i);
        const options = { x: "epoch", y: "share", fx: "metric", stroke: color } as const;
        return [
          Plot.line(points(history), { ...options, strokeWidth: 2.5, strokeDasharray: dash }),
          Plot.dot(points(history), { ...options, fill: "white", r: 3, ariaLabel: name }),
        ];
      }),
    ],
  }, {
    title,
    subtitle: data,
    seen: firstAndLast(
      series.map((one) => ({ ...one, history: one.history.filter(({ val }) => val) })),
      ({ val }) => `top-1 ${val!.top1.toFixed(3)} and top-5 ${val!.top5.toFixed(3)}`,
    ),
    legend: series.map((one, i) => ({ label: one.name, ...styleOf(one, i) })),
    caption:
      "On the validation images after each epoch. Dotted: one class for every image, which " +
      "is where two of the paper's systems stayed.",
  });
}
