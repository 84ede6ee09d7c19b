import { isAlive } from "../../diagnosis/cause.ts";
import { type Climb, type Climbed, meanHits, medianOf } from "../../diagnosis/climb.ts";
import { escapeXml } from "../escape.ts";
import { Figure } from "../figure.ts";
import { palette } from "../plot.ts";

const [left, width, row] = [265, 350, 24];

/**
 * All ladders, rung under rung: test top-1 of each seed as a dot, their mean as a bar, in colour from
 * where the network is alive; how many classes it predicts and the share of saturated units beside.
 * @throws RangeError if there is no ladder
 */
export function ladderFigure(
  climbs: readonly Climb[],
  { classes, data }: { readonly classes: number; readonly data: string },
): Figure {
  const all = climbs.flatMap(({ rungs }) => rungs);
  if (all.length === 0) throw new RangeError("there is no ladder to draw");
  const top = Math.max(0.05, ...all.flatMap(({ results }) => results.map(shareOf)));
  const end = Math.ceil(top * 20 + 0.4) / 20;
  const x = (share: number) => left + width * share / end;
  const [dead, alive] = ["#999", palette[0]!.color];
  const text = (at: number, y: number, what: string, rest = "") =>
    `<text x="${at}" y="${y}" font-size="12" ${rest}>${escapeXml(what)}</text>`;
  let y = 26;
  let body = text(left + width + 60, 14, "classes", 'text-anchor="end"') +
    text(left + width + 150, 14, "saturated", 'text-anchor="end"');
  const start = y - 8;
  for (const { ladder: { name }, rungs } of climbs) {
    body += text(8, y + 10, name, 'font-weight="bold"');
    y += 18;
    rungs.forEach(({ rung, results }, i) => {
      const middle = y + row / 2;
      const color = isAlive(results) ? alive : dead;
      const { value } = meanHits(results, "test", "top1");
      body += text(left - 10, middle + 4, `${i}. ${rung.change}`, 'text-anchor="end"') +
        `<rect x="${left}" y="${middle - 7}" width="${x(value) - left}" height="14" ` +
        `fill="${color}" fill-opacity="0.35"/>` +
        results.map((result) =>
          `<circle cx="${
            x(shareOf(result))
          }" cy="${middle}" r="3" fill="white" stroke="${color}" ` +
          'stroke-width="1.5"/>'
        ).join("") +
        text(
          left + width + 60,
          middle + 4,
          String(medianOf(results, ({ predicted }) => predicted)),
          'text-anchor="end"',
        ) +
        text(
          left + width + 150,
          middle + 4,
          `${(100 * mostSaturated(results)).toFixed(0)} %`,
          'text-anchor="end"',
        );
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
  return new Figure({ width: left + width + 165, height: y + 20, body }, {
    title: "At which change each network comes alive",
    subtitle: data,
    legend: [
      { label: "one class for every image, or no better", color: dead },
      { label: "above chance, by top-1 or top-5", color: alive },
    ],
    caption: "Test top-1: dots are seeds, bars their mean, dotted is chance. Classes predicted; " +
      "saturated units in the layer that has most of them. One change a row, all earlier ones kept.",
  });
}

function shareOf({ test }: Climbed["results"][number]): number {
  return test.top1 / test.images;
}

function mostSaturated(results: Climbed["results"]): number {
  const layers = results[0]!.layers.map((_, i) =>
    medianOf(results, (result) => result.layers[i]!.saturated ?? 0)
  );
  return Math.max(...layers);
}
