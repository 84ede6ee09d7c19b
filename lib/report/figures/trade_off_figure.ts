import * as Plot from "@observablehq/plot";
import type { QuantizedResult } from "../../runs/quantized_results.ts";
import type { MeasuredCosts } from "../../runs/saved_by_compression.ts";
import type { Figure } from "../figure.ts";
import { otherStyle, plotFigure } from "../plot.ts";

/** Heights above an interval at which a number may stand. */
const RANKS = 2;

/**
 * Accuracy against the bytes of the file, against the latency of one image, and against the time of an
 * image in batches, with 95 % intervals. Networks that trained equally long have one colour.
 * @throws RangeError naming a network that was not measured
 */
export function tradeOffFigure(
  results: readonly QuantizedResult[],
  costs: MeasuredCosts,
  data: string,
): Figure {
  const trained = [...new Set(results.map(({ moreEpochs }) => moreEpochs))];
  const panels = ["file, kB", "one image alone, µs", "an image in batches, µs"] as const;
  const points = results.flatMap((result, i) => {
    const cost = costs.networks.find(({ name }) => name === result.name);
    if (!cost) throw new RangeError(`the costs of ${result.name} were not measured`);
    const values = [result.bytes / 1000, 1e6 / cost.single.median, 1e6 / cost.batch.median];
    return panels.map((panel, k) => ({
      panel,
      x: values[k]!,
      y: result.top1.value,
      number: String(i + 1),
      low: result.top1.interval[0],
      high: result.top1.interval[1],
      color: otherStyle(trained.indexOf(result.moreEpochs)).color,
    }));
  });
  const ranges = panels.map((panel) => {
    const own = points.filter((point) => point.panel === panel).map(({ x }) => x);
    return [Math.log(Math.min(...own)), Math.log(Math.max(...own))] as const;
  });
  // each panel has a logarithmic axis of its own; Plot's facets share one, so places are computed here
  const place = (k: number, x: number) => {
    const [low, high] = ranges[k]!;
    return high === low ? 0.5 : 0.05 + 0.75 * (Math.log(x) - low) / (high - low);
  };
  const drawn = spreadOut(points.map((point) => ({
    ...point,
    at: place(panels.indexOf(point.panel), point.x),
  })));
  const ticks = panels.flatMap((panel, k) =>
    niceTicks(Math.exp(ranges[k]![0]), Math.exp(ranges[k]![1]))
      .map((value) => ({ panel, at: place(k, value), said: value.toLocaleString("en") }))
  );
  const bottom = Math.min(...points.map(({ low }) => low));
  const top = Math.max(...points.map(({ high }) => high));
  const room = (top - bottom) * 0.15 || 0.01;
  return plotFigure({
    height: 330,
    marginLeft: 52,
    marginRight: 12,
    marginTop: 34,
    marginBottom: 26,
    x: { axis: null, domain: [0, 1] },
    y: { label: "test top-1", grid: true, domain: [Math.max(0, bottom - room), top + room] },
    fx: { label: null, domain: [...panels], padding: 0.08, axis: "top" },
    marks: [
      Plot.ruleX(ticks, { fx: "panel", x: "at", stroke: "#7a7a7a", strokeOpacity: 0.25 }),
      Plot.text(ticks, { fx: "panel", x: "at", text: "said", frameAnchor: "bottom", dy: 16 }),
      Plot.ruleX(drawn, {
        fx: "panel",
        x: "at",
        y1: "low",
        y2: "high",
        stroke: "color",
        strokeOpacity: 0.45,
      }),
      Plot.dot(drawn, { fx: "panel", x: "at", y: "y", fill: "color", r: 4 }),
      ...Array.from(
        { length: RANKS },
        (_, rank) =>
          Plot.text(drawn.filter((point) => point.rank === rank), {
            fx: "panel",
            x: "at",
            y: "high",
            text: "number",
            dy: -8 - 11 * rank,
            fontSize: 11,
            fontWeight: "bold",
          }),
      ),
    ],
    color: { type: "identity" },
  }, {
    title: "Accuracy against bytes and against time",
    subtitle: data,
    legend: results.map(({ name, moreEpochs }, i) => ({
      label: `${i + 1} ${name}`,
      ...otherStyle(trained.indexOf(moreEpochs)),
      dash: "none",
    })),
    caption:
      "Further left is smaller and faster, further up is better. 95 % intervals; axes from left to " +
      "right are logarithmic. One colour: trained equally long. Times on one thread, medians. Where " +
      "points would cover each other, they are moved a little to the right.",
  });
}

/** The distance of points that would cover each other, as a share of a panel's width. */
const APART = 0.03;

/**
 * Moves points of one panel a little to the side where they would cover each other. Their numbers then
 * stand above their intervals at different heights, by rank.
 */
function spreadOut<T extends { panel: string; at: number; high: number }>(
  points: readonly T[],
): (T & { readonly rank: number })[] {
  const placed: (T & { readonly rank: number })[] = [];
  for (const point of points.toSorted((a, b) => a.at - b.at)) {
    const last = placed.findLast(({ panel }) => panel === point.panel);
    const at = last ? Math.max(point.at, last.at + APART) : point.at;
    const isNear = last !== undefined && at - last.at < 2.2 * APART;
    placed.push({ ...point, at, rank: isNear ? (last.rank + 1) % RANKS : 0 });
  }
  return placed;
}

/** Round numbers between two others: few where there is much room, finer ones where there is little. */
function niceTicks(low: number, high: number): number[] {
  const within = (digits: readonly number[]) => {
    const powers = Array.from({ length: 24 }, (_, i) => 10 ** (i - 8));
    return powers.flatMap((power) => digits.map((digit) => Number((digit * power).toPrecision(2))))
      .filter((value) => value >= low * 0.95 && value <= high * 1.05);
  };
  const few = within([1, 2, 5]);
  if (few.length >= 2) return few;
  const more = within([1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9]);
  return more.length > 0 ? more : [Number(low.toPrecision(2))];
}
