import * as Plot from "@observablehq/plot";
import type { Weights } from "../../model/weights.ts";
import type { Figure } from "../figure.ts";
import { otherStyle, plotFigure } from "../plot.ts";

/** Steps of int8 to the largest weight. */
const STEPS = 127;

/** Steps of int8 to each side of zero that are drawn, and bins of a step. */
const [REACH, BINS] = [48, 2];

/** The weights of a network at one stage. */
export interface WeightStage {
  /** Stands above its column. */
  readonly name: string;
  /** Weights of the network at this stage. Every stage is of the same network. */
  readonly weights: Weights;
}

/**
 * Histograms of the weights around zero, a row for each layer and a column for each stage (before and
 * after pruning and quantization, say). One unit is a step of int8: a 127th of the largest weight that
 * the layer has in the first stage.
 * @throws RangeError if there is no stage, or no array `<layer>.weight` in one
 */
export function weightHistogramFigure(
  stages: readonly WeightStage[],
  text: { readonly title: string; readonly subtitle?: string },
): Figure {
  const [first] = stages;
  if (!first) throw new RangeError("there are no weights to draw");
  const names = Object.keys(first.weights).filter((name) => name.endsWith(".weight"));
  const layers = names.map((name) => name.slice(0, -".weight".length));
  const bars = names.flatMap((name, row) => {
    const { data } = arrayOf(first.weights, name);
    const step = data.reduce((most, w) => Math.max(most, Math.abs(w)), 0) / STEPS || 1;
    return stages.flatMap(({ name: stage, weights }) => {
      const counts = new Map<number, number>();
      const { data } = arrayOf(weights, name);
      for (const w of data) {
        const bin = Math.round(BINS * w / step);
        if (Math.abs(bin) <= BINS * REACH) counts.set(bin, (counts.get(bin) ?? 0) + 1);
      }
      const layer = layers[row]!;
      return [...counts].map(([bin, count]) => ({
        layer,
        stage,
        share: count / data.length,
        x1: (bin - 0.5) / BINS,
        x2: (bin + 0.5) / BINS,
      }));
    });
  });
  const zeros = names.flatMap((name, row) =>
    stages.map(({ name: stage, weights }) => {
      const { data } = arrayOf(weights, name);
      const share = data.filter((w) => w === 0).length / data.length;
      return { layer: layers[row]!, stage, said: `zero: ${(100 * share).toFixed(1)} %` };
    })
  );
  // the spike of pruned weights at zero would flatten all the rest
  const top = new Map(layers.map((layer) => {
    const own = bars.filter((bar) => bar.layer === layer && Math.abs(bar.x1 + bar.x2) > 0.5);
    return [layer, 1.25 * Math.max(0.001, ...own.map(({ share }) => share))] as const;
  }));
  const drawn = bars.map((bar) => ({ ...bar, y: Math.min(1, bar.share / top.get(bar.layer)!) }));
  return plotFigure({
    height: 84 * layers.length + 70,
    marginLeft: 52,
    marginRight: 14,
    marginTop: 34,
    marginBottom: 42,
    x: { label: "weight, in steps of int8", domain: [-REACH, REACH], ticks: 5 },
    y: { axis: null, domain: [0, 1] },
    fx: { label: null, domain: stages.map(({ name }) => name), padding: 0.06 },
    fy: { label: null, domain: layers, padding: 0.15, axis: "left" },
    marks: [
      Plot.rect(drawn, {
        fx: "stage",
        fy: "layer",
        x1: "x1",
        x2: "x2",
        y1: 0,
        y2: "y",
        fill: ({ stage }) => otherStyle(stages.findIndex(({ name }) => name === stage)).color,
      }),
      Plot.ruleY([0], { stroke: "#7a7a7a" }),
      Plot.text(zeros, {
        fx: "stage",
        fy: "layer",
        text: "said",
        frameAnchor: "top-right",
        dx: -2,
        dy: 2,
      }),
    ],
  }, {
    ...text,
    caption:
      "Close to zero: bars of half a step, each as high as its share of the layer's weights; " +
      "heights are comparable within a row. The spike at zero is cut off where it is higher.",
  });
}

function arrayOf(weights: Weights, name: string) {
  const array = weights[name];
  if (!array) throw new RangeError(`there is no array ${name} in one of the stages`);
  return array;
}
