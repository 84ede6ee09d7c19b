import * as Plot from "@observablehq/plot";
import type { AccuracyPoint } from "../../diagnosis/test_curves.ts";
import { systemNames, systemTitles } from "../../systems/create_system.ts";
import type { Figure } from "../figure.ts";
import { paper } from "../paper.ts";
import { plotFigure, systemStyle } from "../plot.ts";
import { epochAxis } from "./figure_2_loss.ts";

/**
 * Figure 3 as the paper drew it, on the test images and past the epochs of Table I, beside the validation
 * images. Crosses mark the values of the paper's Table II.
 */
export function testCurvesFigure(
  points: readonly AccuracyPoint[],
  { classes, data }: { readonly classes: number; readonly data: string },
): Figure {
  if (points.length === 0) throw new RangeError("there is no accuracy to draw");
  const rows = points.map(({ accuracy: { value, interval: [low, high] }, ...rest }) => ({
    ...rest,
    value,
    low,
    high,
    color: systemStyle(rest.system).color,
  }));
  const { epochs } = paper.table1;
  const last = Math.max(epochs, ...points.map(({ epoch }) => epoch));
  const published = systemNames.flatMap((system) =>
    (["validation", "test"] as const).flatMap((split) => {
      const { top1, top5 } = paper.table2[system][split === "test" ? "test" : "val"];
      const { color } = systemStyle(system);
      return [
        { split, metric: "top-1", value: top1, color, epoch: epochs },
        { split, metric: "top-5", value: top5, color, epoch: epochs },
      ];
    })
  );
  const chance = ["validation", "test"].flatMap((split) =>
    [1, 5].map((n) => ({ split, metric: `top-${n}`, value: Math.min(1, n / classes) }))
  );
  const facet = { fx: "metric", fy: "split" } as const;
  return plotFigure({
    height: 520,
    marginBottom: 44,
    marginLeft: 52,
    marginTop: 36,
    marginRight: 72,
    fx: { label: null, padding: 0.1 },
    fy: { label: null, domain: ["validation", "test"] },
    x: { domain: [1, Math.max(2, last)], ...epochAxis(last) },
    y: { label: "share of the images", grid: true, nice: true, zero: true },
    marks: [
      Plot.ruleX([epochs], { stroke: "#777", strokeOpacity: 0.5 }),
      Plot.ruleY(chance, { ...facet, y: "value", stroke: "#777", strokeDasharray: "2 4" }),
      Plot.areaY(rows, {
        ...facet,
        x: "epoch",
        y1: "low",
        y2: "high",
        z: "system",
        fill: "color",
        fillOpacity: 0.1,
      }),
      ...systemNames.map((system) =>
        Plot.line(rows.filter((row) => row.system === system), {
          ...facet,
          x: "epoch",
          y: "value",
          stroke: "color",
          z: "system",
          strokeWidth: 2,
          strokeDasharray: systemStyle(system).dash,
        })
      ),
      Plot.dot(published, {
        ...facet,
        x: "epoch",
        y: "value",
        stroke: "color",
        symbol: "times",
        r: 5,
        strokeWidth: 2.5,
      }),
    ],
  }, {
    title: "Figure 3, as the paper drew it: the test images too, and past the last epoch",
    subtitle: data,
    legend: systemNames.map((system) => ({ label: systemTitles[system], ...systemStyle(system) })),
    caption:
      `Shaded: 95 % intervals. Upright line: epoch ${epochs}, the last of Table I. Crosses: Table II of ` +
      "the paper, of its own photographs. Dotted: one class for every image.",
  });
}
