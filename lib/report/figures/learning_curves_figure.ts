import * as Plot from "@observablehq/plot";
import type { Figure } from "../figure.ts";
import { plotFigure, seriesStyle } from "../plot.ts";
import type { Series } from "./figure_2_loss.ts";

/**
 * Accuracy on training and validation images by epoch, one panel for each training. A network overfits
 * where the two part.
 * @throws RangeError if there is nothing to draw, or naming a training without validation
 */
export function learningCurvesFigure(
  curves: readonly Series[],
  { classes, data }: { readonly classes: number; readonly data: string },
): Figure {
  if (curves.length === 0) throw new RangeError("there is no learning curve to draw");
  const points = curves.flatMap(({ name, history }) =>
    history.flatMap(({ epoch, accuracy, val }) => {
      if (!val) throw new RangeError(`${name} was not validated; fit() needs \`validation\``);
      return [
        { name, epoch, images: "training", share: accuracy },
        { name, epoch, images: "validation", share: val.top1 },
      ];
    })
  );
  const images = ["training", "validation"];
  return plotFigure({
    height: 330,
    marginBottom: 44,
    marginLeft: 52,
    marginTop: 36,
    fx: { label: null, padding: 0.12 },
    x: { label: "epoch" },
    y: { label: "top-1", grid: true, nice: true, zero: true },
    marks: [
      Plot.ruleY([1 / classes], { stroke: "#777", strokeDasharray: "2 4" }),
      ...images.map((which, i) =>
        Plot.line(points.filter((point) => point.images === which), {
          ...{ x: "epoch", y: "share", fx: "name", stroke: seriesStyle(i).color, strokeWidth: 2.5 },
          strokeDasharray: seriesStyle(i).dash,
        })
      ),
    ],
  }, {
    title: "Learning curves: does the network overfit?",
    subtitle: data,
    legend: images.map((label, i) => ({ label: `${label} images`, ...seriesStyle(i) })),
    caption: "A network that overfits does well on its training images only. Dotted: chance. " +
      "Training accuracy is measured while the weights move. One seed.",
  });
}
