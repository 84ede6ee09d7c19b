import * as Plot from "@observablehq/plot";
import type { History, SystemName } from "../../systems/system.ts";
import type { Figure } from "../figure.ts";
import { paper } from "../paper.ts";
import { otherStyle, plotFigure, type SeriesStyle, systemStyle } from "../plot.ts";

/** One line of a figure: a system's name and what its training recorded. */
export interface Series {
  /** Name in the legend. */
  readonly name: string;
  /** The losses by epoch. */
  readonly history: History;
  /** The system that gives the line its colour; absent: a colour by the line's place. */
  readonly system?: SystemName;
}

/** How a series is drawn: in its system's colour, or else by its place. */
export function styleOf({ system }: Series, index: number): SeriesStyle {
  return system ? systemStyle(system) : otherStyle(index);
}

/** What a figure of trainings is about. */
export interface FigureSubject {
  /** Number of classes. */
  readonly classes: number;
  /** The data set, for the line below the title. */
  readonly data: string;
  /** Title of the figure; default: that of the paper's figure. */
  readonly title?: string;
  /** Width in pixels; default 780. */
  readonly width?: number;
}

/** Checks that there is something to draw. @throws RangeError if there is not */
export function checkSeries(series: readonly Series[]): void {
  if (series.length === 0) throw new RangeError("there is no series to draw");
  for (const { name, history } of series) {
    if (history.length === 0) throw new RangeError(`${name} has no epoch to draw`);
  }
}

/** Whole epochs: all of a few, else round ones; fewer where a figure is narrow. */
function epochTicks(epochs: number, width = 780): number[] {
  const most = width < 500 ? 5 : 12;
  const steps = Array.from(
    { length: 6 },
    (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power),
  );
  const step = steps.flat().find((step) => epochs / step <= most) ?? epochs;
  return Array.from({ length: Math.max(1, Math.floor(epochs / step)) }, (_, i) => (i + 1) * step);
}

/** An axis of whole epochs. */
export function epochAxis(
  epochs: number,
  width?: number,
): { readonly label: string; readonly ticks: number[]; readonly tickFormat: string } {
  return { label: "epoch", ticks: epochTicks(epochs, width), tickFormat: "d" };
}

/** "one: 3.90 in epoch 1, 2.31 in epoch 6", for each series. @param say what is seen in an epoch */
export function firstAndLast(
  series: readonly Series[],
  say: (epoch: History[number]) => string,
): string {
  const at = (one: History[number]) => `${say(one)} in epoch ${one.epoch}`;
  return series.map(({ name, history }) => {
    const ends = history.length > 1 ? [history[0]!, history.at(-1)!] : history;
    return `${name}: ${ends.map(at).join(", ")}`;
  }).join("; ");
}

/** Figure 2: training loss by epoch. The dotted line is ln K, the loss of a network that knows nothing. */
export function lossFigure(
  series: readonly Series[],
  { classes, data, title = "Figure 2. Training loss", width = 780 }: FigureSubject,
): Figure {
  checkSeries(series);
  const start = Math.log(classes);
  const epochs = Math.max(...series.map(({ history }) => history.at(-1)!.epoch));
  return plotFigure({
    width,
    height: 350,
    marginBottom: 44,
    marginLeft: 52,
    x: { domain: [1, Math.max(2, epochs)], ...epochAxis(epochs, width) },
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
      ...series.flatMap((one, i) => {
        const { name, history } = one;
        const { color, dash } = styleOf(one, i);
        const options = { x: "epoch", y: "loss", stroke: color } as const;
        return [
          Plot.line(history, { ...options, strokeWidth: 2.5, strokeDasharray: dash }),
          Plot.dot(history, { ...options, fill: "white", r: 3, ariaLabel: name }),
        ];
      }),
    ],
  }, {
    title,
    subtitle: data,
    seen: firstAndLast(series, ({ loss }) => loss.toFixed(2)),
    legend: series.map((one, i) => ({ label: one.name, ...styleOf(one, i) })),
    caption: "Mean over an epoch's batches, while the weights were moving. Cross-entropy has the " +
      "lower bound 0.",
  });
}

/**
 * Figure 2 with the losses that the paper's committed notebooks show: circles at the losses here, crosses at
 * the published ones. The scale is logarithmic away from zero, since one of these is far below it.
 */
export function publishedLossFigure(
  series: readonly Series[],
  { data }: { readonly data: string },
): Figure {
  checkSeries(series);
  const published = paper.losses.map((point) => ({ ...point, ...systemStyle(point.system) }));
  const epochs = Math.max(
    ...series.map(({ history }) => history.at(-1)!.epoch),
    ...published.map(({ epoch }) => epoch),
  );
  return plotFigure({
    height: 330,
    marginBottom: 44,
    marginLeft: 64,
    marginRight: 80,
    x: { label: "epoch", domain: [0.5, epochs + 0.5], ticks: Math.min(epochs, 12) },
    y: {
      label: "loss",
      type: "symlog",
      grid: true,
      domain: [-1000, 10],
      ticks: [-1000, -100, -10, 0, 10],
    },
    marks: [
      Plot.ruleY([0], { stroke: "#777" }),
      Plot.text(["cross-entropy is never below 0"], {
        x: epochs + 0.5,
        y: 0,
        textAnchor: "end",
        dy: 12,
        fill: "#555",
      }),
      ...series.flatMap((one, i) => [
        Plot.dot(one.history, { x: "epoch", y: "loss", stroke: styleOf(one, i).color, r: 4 }),
      ]),
      Plot.dot(published, {
        x: "epoch",
        y: "loss",
        stroke: "color",
        symbol: "times",
        r: 6,
        strokeWidth: 3,
      }),
      Plot.text(published, {
        x: "epoch",
        y: "loss",
        text: ({ loss }) => `paper: ${loss.toLocaleString("en")}`.replace("-", "−"),
        textAnchor: "start",
        dx: 10,
        dy: 12,
        fill: "#555",
      }),
    ],
  }, {
    title: "Figure 2 with the published losses",
    subtitle: data,
    legend: series.map((one, i) => ({ label: one.name, ...styleOf(one, i) })),
    caption:
      "Circles: here. Crosses: in the outputs of the paper's notebooks, in the colour of their system. " +
      `In the paper's compression notebook the loss of the PyTorch system even reaches ${
        paper.lowestLoss.toLocaleString("en").replace("-", "−")
      }.`,
  });
}
