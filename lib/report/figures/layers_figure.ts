import type { MeasuredAblation } from "../../diagnosis/measure_ablation.ts";
import { MEASURED_IMAGES } from "../../diagnosis/median_layers.ts";
import { Figure } from "../figure.ts";
import { svgText } from "../svg_text.ts";

const [left, cell, gap, row] = [250, 52, 30, 24];

/**
 * Saturation and gradient norms of every layer along one ablation, as two heat maps: a row for each
 * step, a column for each layer.
 * @throws RangeError if the ablation has no step
 */
export function layersFigure({ name, steps }: MeasuredAblation, data: string): Figure {
  if (steps.length === 0) throw new RangeError(`${name} has no step to draw`);
  const layers = steps[0]!.layers.map(({ layer }) => layer);
  const second = left + cell * (layers.length - 1) + gap;
  const text = (at: number, y: number, what: string, attributes?: string) =>
    svgText(at, y, what, 11, attributes);
  const middle = 'text-anchor="middle"';
  const box = (at: number, y: number, share: number, what: string) =>
    `<rect x="${at}" y="${y}" width="${cell - 2}" height="${row - 2}" fill="${shade(share)}"/>` +
    text(at + cell / 2, y + 15, what, `${middle} fill="${share > 0.55 ? "#fff" : "#222"}"`);
  let body = text(left + cell * (layers.length - 1) / 2, 12, "share of saturated units", middle) +
    text(second + cell * layers.length / 2, 12, "gradient norm", middle);
  layers.forEach((layer, i) => {
    if (i < layers.length - 1) body += text(left + cell * (i + 0.5), 28, layer, middle);
    body += text(second + cell * (i + 0.5), 28, layer, middle);
  });
  steps.forEach(({ step, layers: measured }, i) => {
    const y = 34 + row * i;
    body += text(left - 8, y + 15, `${i}. ${step.change}`, 'text-anchor="end"');
    measured.forEach(({ saturated, gradientNorm }, at) => {
      if (saturated !== undefined) {
        body += box(left + cell * at, y, saturated, `${(100 * saturated).toFixed(0)} %`);
      }
      const norm = gradientNorm === 0 ? "0" : gradientNorm.toExponential(0);
      body += box(second + cell * at, y, gradientShade(gradientNorm), norm);
    });
  });
  const height = 34 + row * steps.length + 6;
  return new Figure({ width: second + cell * layers.length + 16, height, body }, {
    title: `${name}: where units are saturated and gradients vanish`,
    subtitle: data,
    caption:
      `Medians over the seeds, on ${MEASURED_IMAGES} test images drawn at random, after the training. ` +
      "Saturated: slope " +
      "below 2 % of the steepest. Gradient: of the mean cross-entropy with respect to the layer's weights; " +
      "the darker, the smaller, from 1 to 1e-6 and below.",
  });
}

/** 0 for a norm of 1 or more, 1 for 1e-6 or less. */
function gradientShade(norm: number): number {
  return Math.min(1, Math.max(0, -Math.log10(Math.max(norm, 1e-6)) / 6));
}

/** White to dark grey: the systems have the colours. */
function shade(share: number): string {
  const level = Math.round(248 - 188 * share);
  return `rgb(${level},${level},${level})`;
}
