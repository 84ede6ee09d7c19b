import type { Dataset } from "../../data/dataset.ts";
import type { ScoredRun } from "../../runs/score_run.ts";
import { systemTitles } from "../../systems/create_system.ts";
import { escapeXml } from "../escape.ts";
import { Figure } from "../figure.ts";
import { paper } from "../paper.ts";
import { systemStyle } from "../plot.ts";
import { dataLabel } from "../tables/dataset_table.ts";

/** The paper's values, which are no system of this project. */
const THEIRS = "#555";

/** Table II as a picture: test accuracy with its interval, the paper's value as a cross. */
export function accuracyBars(dataset: Dataset, scored: readonly ScoredRun[]): Figure {
  const [left, width, row] = [190, 520, 34];
  const classes = dataset.classes.length;
  const x = (share: number) => left + width * Math.min(1, share / 0.7);
  let y = 10;
  let body = "";
  for (const [metric, k] of [["top1", 1], ["top5", 5]] as const) {
    for (const { run: { configuration: { system } }, test } of scored) {
      const { value, interval } = test[metric];
      const { color } = systemStyle(system);
      const middle = y + row / 2;
      const name = `${systemTitles[system]}, top-${k}`;
      body += `<text x="${left - 10}" y="${middle + 4}" font-size="12" text-anchor="end">` +
        `${escapeXml(name)}</text>` +
        `<rect x="${left}" y="${middle - 8}" width="${x(value) - left}" height="16" ` +
        `fill="${color}" ` +
        `fill-opacity="0.35"/><line x1="${x(interval[0])}" x2="${x(interval[1])}" y1="${middle}" ` +
        `y2="${middle}" stroke="${color}" stroke-width="2.5"/>` +
        `<text x="${x(interval[1]) + 8}" y="${middle + 4}" font-size="12">` +
        `${value.toFixed(3)}</text>` +
        cross(x(paper.table2[system].test[metric]), middle, THEIRS);
      y += row;
    }
    const at = x(k / classes);
    body += `<line x1="${at}" x2="${at}" y1="${y - row * scored.length}" y2="${y}" ` +
      `stroke="#777" stroke-dasharray="2 4"/>`;
    y += 14;
  }
  for (let share = 0; share <= 0.7001; share += 0.1) {
    body += `<text x="${x(share)}" y="${y + 10}" font-size="11" fill="#555" text-anchor="middle">` +
      `${share.toFixed(1)}</text>`;
  }
  body += `<text x="${left + width / 2}" y="${y + 28}" font-size="12" text-anchor="middle">` +
    `share of the test images that are right</text>`;
  return new Figure({ width: left + width + 60, height: y + 40, body }, {
    title: "Test accuracy, the paper's and ours",
    subtitle: dataLabel(dataset),
    seen: scored.map(({ run: { configuration: { system } }, test }) =>
      `${systemTitles[system]}: ` + ([["top-1", "top1"], ["top-5", "top5"]] as const).map((
        [metric, key],
      ) =>
        `${metric} ${test[key].value.toFixed(3)} here and ${
          paper.table2[system].test[key]
        } in the paper`
      ).join(", ")
    ).join("; "),
    legend: [
      ...scored.map(({ run: { configuration: { system } } }) => ({
        label: `${systemTitles[system]}, here`,
        color: systemStyle(system).color,
      })),
      { label: "paper (cross)", color: THEIRS },
    ],
    caption:
      "The lines in the bars are 95 % intervals. Dotted: one class for every image. The paper's " +
      "values are of its own photographs.",
  });
}

function cross(x: number, y: number, color: string): string {
  return `<path d="M${x - 6} ${y - 6} l12 12 m0 -12 l-12 12" stroke="${color}" stroke-width="3"/>`;
}
