import * as Plot from "@observablehq/plot";
import type { CurvePoint } from "../../runs/pruning_curve.ts";
import type { Figure } from "../figure.ts";
import { otherStyle, plotFigure } from "../plot.ts";

/** Accuracy against sparsity, with 95 % intervals. @throws RangeError if there is no point */
export function pruningFigure(
  points: readonly CurvePoint[],
  { classes, data }: { readonly classes: number; readonly data: string },
): Figure {
  if (points.length === 0) throw new RangeError("there are no points to draw");
  const scopes = ["layer", "global", "control"] as const;
  const drawn = points.flatMap(({ scope, sparsity, top1, top5 }) =>
    [["top-1", top1], ["top-5", top5]].map(([metric, accuracy]) => ({
      scope,
      metric: metric as string,
      // the curves stand a little apart, so that all intervals can be seen
      percent: 100 * sparsity + 0.6 * (scopes.indexOf(scope) - 1),
      share: (accuracy as CurvePoint["top1"]).value,
      low: (accuracy as CurvePoint["top1"]).interval[0],
      high: (accuracy as CurvePoint["top1"]).interval[1],
    }))
  );
  const chance = [1, 5].map((k) => ({ metric: `top-${k}`, share: Math.min(1, k / classes) }));
  return plotFigure({
    height: 350,
    marginBottom: 44,
    marginLeft: 52,
    marginTop: 36,
    fx: { label: null, padding: 0.12 },
    x: { label: "weights that are zero, %", domain: [-2, 100] },
    y: { label: "share of test images", grid: true, nice: true, zero: true },
    marks: [
      Plot.ruleY(chance, { y: "share", fx: "metric", stroke: "#777", strokeDasharray: "2 4" }),
      ...scopes.flatMap((scope, i) => {
        const { color, dash } = otherStyle(i);
        const own = drawn.filter((point) => point.scope === scope);
        const options = { x: "percent", fx: "metric", stroke: color } as const;
        return [
          Plot.ruleX(own, { ...options, y1: "low", y2: "high", strokeOpacity: 0.5 }),
          Plot.line(own, { ...options, y: "share", strokeWidth: 2.5, strokeDasharray: dash }),
          Plot.dot(own, { ...options, y: "share", fill: "white", r: 3, ariaLabel: scope }),
        ];
      }),
    ],
  }, {
    title: "Accuracy against sparsity",
    subtitle: data,
    legend: [
      { label: "smallest of each layer", ...otherStyle(0) },
      { label: "smallest of all layers", ...otherStyle(1) },
      { label: "nothing pruned, trained as long", ...otherStyle(2) },
    ],
    caption:
      "Iterative magnitude pruning with fine-tuning, test images, 95 % intervals. The third curve is " +
      "the dense network after as many epochs as the pruned ones had at that place. Dotted: one class " +
      "for every image.",
  });
}
