import * as Plot from "@observablehq/plot";
import type { Course } from "../../diagnosis/explanations.ts";
import type { Figure } from "../figure.ts";
import { plotFigure, seriesStyle } from "../plot.ts";

/** Accuracy on training and validation images by epoch: overfitting is where the two part. */
export function coursesFigure(
  courses: readonly Course[],
  { classes, data }: { readonly classes: number; readonly data: string },
): Figure {
  if (courses.length === 0) throw new RangeError("there is no course to draw");
  const points = courses.flatMap(({ name, result }) =>
    result.epochs.flatMap(({ epoch, accuracy, val }) => [
      { name, epoch, images: "training", share: accuracy },
      { name, epoch, images: "validation", share: val!.top1 },
    ])
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
    title: "Overfitting?",
    subtitle: data,
    legend: images.map((label, i) => ({ label: `${label} images`, ...seriesStyle(i) })),
    caption: "A network that overfits does well on its training images. Dotted: chance. Training " +
      "accuracy is that while the weights were moving; one seed.",
  });
}
