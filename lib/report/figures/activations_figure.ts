import * as Plot from "@observablehq/plot";
import type { MeasuredAblation } from "../../diagnosis/measure_ablation.ts";
import { MEASURED_IMAGES } from "../../diagnosis/median_layers.ts";
import type { Figure } from "../figure.ts";
import { plotFigure, systemStyle } from "../plot.ts";

/**
 * Histograms of every layer's activations along one ablation: a row for each step, a column for each
 * layer that has an activation.
 * @throws RangeError if the ablation has no step, or no activations were measured
 */
export function activationsFigure({ name, steps }: MeasuredAblation, data: string): Figure {
  const edge = (bin: number, bins: number) => 2 * bin / bins - 1;
  const bars = steps.flatMap(({ step, layers }, row) =>
    layers.flatMap(({ layer, activations = [] }) =>
      activations.map((share, bin, { length }) => ({
        step: `${row}. ${step.change}`,
        layer,
        share,
        from: edge(bin, length),
        to: edge(bin + 1, length),
      }))
    )
  );
  if (bars.length === 0) throw new RangeError(`${name} has no activations to draw`);
  return plotFigure({
    height: 42 * steps.length + 80,
    marginLeft: 250,
    marginRight: 12,
    marginTop: 28,
    marginBottom: 44,
    x: { label: "output of the activation", domain: [-1, 1], ticks: [-1, 0, 1], tickFormat: "d" },
    // by its root: a spike that holds every unit would flatten what is spread out
    y: { axis: null, domain: [0, 1], type: "sqrt" },
    fx: { label: null, domain: [...new Set(bars.map(({ layer }) => layer))], padding: 0.1 },
    fy: { label: null, domain: [...new Set(bars.map(({ step }) => step))], axis: "left" },
    marks: [
      Plot.rect(bars.filter(({ share }) => share > 0), {
        fx: "layer",
        fy: "step",
        x1: "from",
        x2: "to",
        y1: 0,
        y2: "share",
        fill: systemStyle(steps[0]!.step.configuration.system).color,
      }),
      Plot.ruleY([0], { stroke: "#7a7a7a" }),
    ],
  }, {
    title: `${name}: how the units' outputs are spread`,
    subtitle: data,
    caption:
      `Means over the seeds, on ${MEASURED_IMAGES} test images drawn at random, after the training. ` +
      "A bar is as high as the square root of its share. Outputs of ReLU above 1 stand at 1. " +
      "Where all outputs of a layer stand at one place, they do not depend on the image.",
  });
}
