import * as Plot from "@observablehq/plot";
import type { Figure } from "../figure.ts";
import { otherStyle, plotFigure } from "../plot.ts";

/** A quantizer: the whole number q stands for the real number scale · (q − zero). */
export interface Quantizer {
  /** The real distance between neighbouring whole numbers, above 0. */
  readonly scale: number;
  /** The whole number that stands for 0; it may lie between two of them. */
  readonly zero: number;
  /** The lowest whole number that can be stored. */
  readonly lowest: number;
  /** The highest whole number that can be stored. */
  readonly highest: number;
}

/** One number on its way through a quantizer. */
export interface Quantized {
  /** The real number. */
  readonly real: number;
  /** What is stored. */
  readonly stored: number;
  /** The real number that the stored one stands for. */
  readonly back: number;
  /** Whether it lay outside of what can be stored. */
  readonly clipped: boolean;
}

/**
 * Sends a real number through a quantizer: divide by the scale, add the zero point, round, clip.
 * @throws RangeError if the number or the scale is not finite, or the scale is not above 0
 */
export function throughQuantizer(real: number, quantizer: Quantizer): Quantized {
  const { scale, zero, lowest, highest } = quantizer;
  if (!Number.isFinite(real)) throw new RangeError(`no whole number stands for ${real}`);
  if (!(scale > 0 && Number.isFinite(scale))) {
    throw new RangeError(`a quantizer's scale must be above 0, got ${scale}`);
  }
  const rounded = Math.round(real / scale + zero);
  const stored = Math.max(lowest, Math.min(highest, rounded));
  return { real, stored, back: scale * (stored - zero), clipped: stored !== rounded };
}

/**
 * A number line with everything that a quantizer can store: above, numbers as they are; below, what is
 * stored of them. The first panel is the whole line, the second is enlarged around the first number.
 * @throws RangeError if there is no number
 */
export function numberLineFigure(
  numbers: readonly number[],
  quantizer: Quantizer,
  text: { readonly title: string; readonly subtitle?: string },
): Figure {
  const [first] = numbers;
  if (first === undefined) throw new RangeError("there is no number to draw");
  const { scale, zero, lowest, highest } = quantizer;
  const real = (q: number) => scale * (q - zero);
  const given = numbers.map((number) => throughQuantizer(number, quantizer));
  const [low, high] = [real(lowest), real(highest)];
  const reach = Math.max(...numbers.map(Math.abs), Math.abs(low), Math.abs(high)) * 1.1;
  const left = low < 0 || Math.min(...numbers) < 0 ? -reach : -0.1 * reach;
  const near = given[0]!.stored;
  const close = [real(near - 3.5), real(near + 3.5)] as const;
  const panels = ["the whole line", "enlarged"] as const;
  type Panel = typeof panels[number];
  const inPanel = (panel: Panel, x: number) =>
    panel === "the whole line" || (close[0] <= x && x <= close[1]);
  const levels = panels.flatMap((panel) =>
    Array.from({ length: highest - lowest + 1 }, (_, i) => lowest + i)
      .filter((q) => inPanel(panel, real(q)))
      .map((q) => ({ panel, q, said: whole(q), x: position(panel, real(q)) }))
  );
  function position(panel: Panel, x: number): number {
    const [from, to] = panel === "the whole line" ? [left, reach] : close;
    return (x - from) / (to - from);
  }
  const step = Math.ceil((highest - lowest) / 8);
  const named = levels.filter(({ panel, q }) =>
    panel === "enlarged" || q === lowest || q === highest ||
    (q % step === 0 && q - lowest > step / 2 && highest - q > step / 2)
  );
  const arrows = panels.flatMap((panel) =>
    given.filter((one) => inPanel(panel, one.real) && inPanel(panel, one.back)).map((one) => ({
      panel,
      from: position(panel, one.real),
      to: position(panel, one.back),
      clipped: one.clipped,
      said: one.real.toPrecision(3).replace("-", "−"),
    }))
  );
  const outside = [[left, low], [high, reach]].filter(([a, b]) => b! > a!).map(([a, b]) => ({
    panel: "the whole line" as const,
    x1: position("the whole line", a!),
    x2: position("the whole line", b!),
  }));
  const colour = (clipped: boolean) => otherStyle(clipped ? 1 : 0).color;
  return plotFigure({
    height: 250,
    marginLeft: 20,
    marginRight: 20,
    marginTop: 26,
    marginBottom: 6,
    x: { axis: null, domain: [0, 1] },
    y: { axis: null, domain: [0, 1] },
    fy: { label: null, domain: [...panels], padding: 0.25, axis: null },
    marks: [
      Plot.rect(outside, {
        fy: "panel",
        x1: "x1",
        x2: "x2",
        y1: 0.3,
        y2: 0.75,
        fill: otherStyle(1).color,
        fillOpacity: 0.15,
      }),
      Plot.ruleY(panels.map((panel) => ({ panel })), { fy: "panel", y: 0.5, stroke: "#7a7a7a" }),
      Plot.text(panels.map((panel) => ({ panel })), {
        fy: "panel",
        x: 0,
        y: 1.06,
        text: "panel",
        textAnchor: "start",
        fill: "#7a7a7a",
      }),
      Plot.ruleX(levels, {
        fy: "panel",
        x: "x",
        y1: 0.42,
        y2: 0.58,
        stroke: "#7a7a7a",
        strokeWidth: 0.7,
      }),
      Plot.text(named, { fy: "panel", x: "x", y: 0.27, text: "said" }),
      Plot.arrow(arrows, {
        fy: "panel",
        x1: "from",
        x2: "to",
        y1: 0.82,
        y2: 0.58,
        headLength: 6,
        stroke: ({ clipped }) => colour(clipped),
      }),
      Plot.dot(arrows, {
        fy: "panel",
        x: "from",
        y: 0.82,
        r: 3.5,
        fill: ({ clipped }) => colour(clipped),
      }),
      Plot.text(arrows, { fy: "panel", x: "from", y: 0.97, text: "said" }),
      Plot.dot(arrows, {
        fy: "panel",
        x: "to",
        y: 0.5,
        r: 4,
        fill: ({ clipped }) => colour(clipped),
      }),
    ],
  }, {
    ...text,
    legend: [
      { label: "rounded", color: colour(false) },
      ...given.some(({ clipped }) => clipped)
        ? [{ label: "clipped to the nearest end", color: colour(true) }]
        : [],
    ],
    caption: "Above the line: real numbers. On it: the whole numbers " +
      `${whole(lowest)} to ${highest} that can ` +
      `be stored, ${scale.toPrecision(3)} apart; ${zeroWords(zero)}. ` +
      "Shaded: what is too large to be stored.",
  });
}

function zeroWords(zero: number): string {
  return Number.isInteger(zero)
    ? `${whole(zero)} stands for the real 0`
    : `the real 0 lies at ${zero.toPrecision(4)}, between two of them`;
}

/** A whole number with the minus sign that figures have. */
function whole(q: number): string {
  return String(q).replace("-", "−");
}
