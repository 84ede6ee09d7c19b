import * as Plot from "@observablehq/plot";
import type { LearningCurve } from "../../diagnosis/learning_curves.ts";
import { systemTitles } from "../../systems/create_system.ts";
import type { Figure } from "../figure.ts";
import { plotFigure, systemStyle } from "../plot.ts";

/** A curve: its column of the figure, its row and colour, and its points. */
export type CurveSeries = Pick<LearningCurve, "system" | "points"> & { readonly name: string };

/**
 * Accuracy on training and validation images by epoch: a row for each system, a column for each way of
 * training. Validation has its 95 % interval. A network overfits where the two part.
 * @throws RangeError if there is nothing to draw
 */
export function learningCurvesFigure(
  curves: readonly CurveSeries[],
  { classes, data }: { readonly classes: number; readonly data: string },
): Figure {
  if (curves.length === 0) throw new RangeError("there is no learning curve to draw");
  const points = curves.flatMap(({ name, system, points }) =>
    points.map(({ epoch, train, val: { value, interval: [low, high] } }) => ({
      name,
      title: systemTitles[system],
      system,
      epoch,
      train,
      val: value,
      low,
      high,
    }))
  );
  const systems = [...new Set(curves.map(({ system }) => system))];
  const panel = { x: "epoch", fx: "name", fy: "title" } as const;
  const marks = systems.flatMap((system) => {
    const own = points.filter((point) => point.system === system);
    const { color } = systemStyle(system);
    return [
      Plot.areaY(own, {
        ...panel,
        y1: "low",
        y2: "high",
        z: "name",
        fill: color,
        fillOpacity: 0.2,
      }),
      Plot.ruleX(own.filter(isAlone), {
        ...panel,
        y1: "low",
        y2: "high",
        stroke: color,
        strokeOpacity: 0.4,
        strokeWidth: 3,
      }),
      Plot.line(own, { ...panel, y: "val", z: "name", stroke: color, strokeWidth: 2.5 }),
      Plot.line(own, {
        ...panel,
        y: "train",
        z: "name",
        stroke: color,
        strokeWidth: 2,
        strokeDasharray: "2 3",
      }),
      Plot.dot(own.filter(isAlone), { ...panel, y: "val", fill: color, r: 3.5 }),
      Plot.dot(own.filter(isAlone), { ...panel, y: "train", stroke: color, r: 5 }),
    ];
  });
  function isAlone({ name, system }: (typeof points)[number]): boolean {
    return points.filter((one) => one.name === name && one.system === system).length === 1;
  }
  return plotFigure({
    height: 90 + 150 * systems.length,
    marginBottom: 44,
    marginLeft: 52,
    marginTop: 36,
    marginRight: 100,
    fx: { label: null, padding: 0.1, domain: [...new Set(curves.map(({ name }) => name))] },
    fy: { label: null, padding: 0.12, domain: systems.map((system) => systemTitles[system]) },
    x: { label: "epoch", ticks: 5, tickFormat: "d" },
    y: { label: "top-1", grid: true, nice: true, zero: true },
    marks: [Plot.ruleY([1 / classes], { stroke: "#777", strokeDasharray: "2 4" }), ...marks],
  }, {
    title: "Learning curves: does the network overfit?",
    subtitle: data,
    seen: curves.map(({ name, system, points }) => {
      const { epoch, train, val } = points.at(-1)!;
      return `${systemTitles[system]}, ${name}, epoch ${epoch}: ` +
        `training top-1 ${train.toFixed(3)}, validation top-1 ${val.value.toFixed(3)}`;
    }).join("; "),
    legend: [
      { label: "validation images, with the 95 % interval", color: "#555" },
      { label: "training images (dashed, or a ring)", color: "#555", dash: "2 3" },
    ],
    caption:
      "A network that overfits does well on its training images only. Dotted: chance. Training " +
      "accuracy is measured while the weights move. One seed.",
  });
}
