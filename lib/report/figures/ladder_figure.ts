import type { MeasuredAblation } from "../../diagnosis/measure_ablation.ts";
import { Figure } from "../figure.ts";
import { systemTitles } from "../../systems/create_system.ts";
import { systemStyle } from "../plot.ts";
import { svgText } from "../svg_text.ts";
import { isConstant } from "../tables/score_cell.ts";

const [left, width, row] = [265, 350, 24];

/** Colour of networks that are not above constant prediction. */
export const DEAD = "#8a8a8a";

/** "one: top-1 0.020 at first and 0.166 at last, above constant prediction from step 7, wider" */
function rise({ name, steps }: MeasuredAblation): string {
  const top1 = (at: number) => steps.at(at)!.summary.test.top1.value.toFixed(3);
  const first = steps.findIndex(({ verdict }) => verdict.alive);
  const above = first < 0
    ? "in no step"
    : first === 0
    ? "before any change"
    : `from step ${first}, ${steps[first]!.step.change}`;
  return `${name}: top-1 ${top1(0)} at first and ${top1(-1)} at last, ` +
    `above constant prediction ${above}`;
}

/**
 * All ablations as a ladder, step below step: test top-1 of each seed as a dot, their mean as a bar and
 * its interval as a line, in the system's colour where the network is above constant prediction and in
 * grey where it is not. Beside them stand how many classes it predicts and the share of saturated units.
 * @throws RangeError if there is no ablation
 */
export function ladderFigure(
  ablations: readonly MeasuredAblation[],
  { classes, data }: { readonly classes: number; readonly data: string },
): Figure {
  const all = ablations.flatMap(({ steps }) => steps);
  if (all.length === 0) throw new RangeError("there is no ablation to draw");
  const top = Math.max(
    ...[0.05, ...all.flatMap(({ summary }) => summary.top1BySeed)],
    ...all.map(({ summary }) => summary.test.top1.interval[1]),
  );
  const end = Math.ceil(top * 20 + 0.4) / 20;
  const x = (share: number) => left + width * share / end;
  const systems = [...new Set(all.map(({ summary }) => summary.configuration.system))];
  const text = (at: number, y: number, what: string, attributes?: string) =>
    svgText(at, y, what, 12, attributes);
  const [classesAt, saturatedAt] = [left + width + 60, left + width + 150];
  let y = 26;
  const hasLayers = all.some(({ layers }) => layers.length > 0);
  let body = text(classesAt, 14, "classes", 'text-anchor="end"') +
    (hasLayers ? text(saturatedAt, 14, "saturated", 'text-anchor="end"') : "");
  const start = y - 8;
  for (const { name, steps } of ablations) {
    body += text(8, y + 10, name, 'font-weight="bold"');
    y += 18;
    steps.forEach(({ step, summary, verdict, layers }, i) => {
      const middle = y + row / 2;
      const color = verdict.alive ? systemStyle(summary.configuration.system).color : DEAD;
      const [low, high] = summary.test.top1.interval;
      const saturated = Math.max(...layers.map(({ saturated = 0 }) => saturated));
      body += text(left - 10, middle + 4, `${i}. ${step.change}`, 'text-anchor="end"') +
        `<rect x="${left}" y="${middle - 7}" width="${x(summary.test.top1.value) - left}" ` +
        `height="14" fill="${color}" fill-opacity="0.35"/>` +
        (isConstant(summary.networks)
          ? ""
          : `<line x1="${x(low)}" x2="${x(high)}" y1="${middle}" y2="${middle}" ` +
            `stroke="${color}" stroke-width="1.5"/>`) +
        summary.top1BySeed.map((share) =>
          `<circle cx="${x(share)}" cy="${middle}" r="3" fill="white" stroke="${color}" ` +
          'stroke-width="1.5"/>'
        ).join("") +
        text(classesAt, middle + 4, String(summary.predicted), 'text-anchor="end"') +
        (layers.length > 0
          ? text(saturatedAt, middle + 4, `${(100 * saturated).toFixed(0)} %`, 'text-anchor="end"')
          : "");
      y += row;
    });
    y += 10;
  }
  const chance = x(1 / classes);
  body += `<line x1="${chance}" x2="${chance}" y1="${start}" y2="${y}" stroke="#777" ` +
    'stroke-dasharray="2 4"/>';
  for (let share = 0; share <= end + 1e-9; share += 0.05) {
    body += text(x(share), y + 12, share.toFixed(2), 'fill="#555" text-anchor="middle"');
  }
  body += text(left + width / 2, y + 30, "test top-1", 'fill="#555" text-anchor="middle"');
  return new Figure({ width: left + width + 165, height: y + 38, body }, {
    title: "After which change each network rises above chance",
    subtitle: data,
    seen: ablations.map(rise).join("; "),
    legend: [
      ...systems.map((system) => ({
        label: `${systemTitles[system]}, above constant prediction`,
        color: systemStyle(system).color,
      })),
      { label: "not above it", color: DEAD },
    ],
    caption:
      "Dots are seeds, bars their mean, lines its 95 % interval (none where every seed gives one class), dotted is chance. Classes: how many are " +
      `predicted. ${hasLayers ? "Saturated: units in the layer that has most of them. " : ""}` +
      "One change a row, all " +
      "earlier ones kept, so the order matters. Every step is computed by the system that it names.",
  });
}
