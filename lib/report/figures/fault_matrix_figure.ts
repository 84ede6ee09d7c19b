import type { MeasuredMatrix, MeasuredRow } from "../../diagnosis/measure_matrix.ts";
import { type PaperRunName, paperRuns } from "../../diagnosis/paper_faults.ts";
import { systemTitles } from "../../systems/create_system.ts";
import { Figure } from "../figure.ts";
import { systemStyle } from "../plot.ts";
import { svgText } from "../svg_text.ts";
import { isConstant } from "../tables/score_cell.ts";
import { DEAD } from "./ladder_figure.ts";

const [left, width, gap, row] = [230, 235, 40, 22];

/**
 * The matrix of faults: on the left each fault alone in the correct run, on the right each repair alone
 * in the published run. Dots are mean test top-1 with their 95 % interval, in the system's colour where
 * the run is above constant prediction, hollow and grey where it is not.
 * @throws RangeError if the matrix has no rows
 */
export function faultMatrixFigure(
  { rows }: MeasuredMatrix,
  { classes, data }: { readonly classes: number; readonly data: string },
): Figure {
  if (rows.length === 0) throw new RangeError("there is no row of the matrix to draw");
  const runs = [...new Set(rows.map(({ run }) => run))];
  const end = Math.max(0.05, ...rows.map(({ summary }) => summary.test.top1.interval[1]));
  const top = Math.ceil(end * 20 + 0.2) / 20;
  const text = (at: number, y: number, what: string, attributes?: string) =>
    svgText(at, y, what, 12, attributes);
  const panels = [left, left + width + gap];
  const x = (panel: number, share: number) => panels[panel]! + width * share / top;
  let body = ["alone in the correct run", "repaired alone in the published run"]
    .map((title, i) => text(panels[i]! + width / 2, 14, title, 'text-anchor="middle"')).join("");
  let y = 22;
  const from = y;
  const dot = (panel: number, measured: MeasuredRow | undefined, at: number) => {
    if (!measured) return "";
    const { summary: { test: { top1 }, configuration, networks }, verdict } = measured;
    const color = verdict.alive ? systemStyle(configuration.system).color : DEAD;
    const line = isConstant(networks)
      ? ""
      : `<line x1="${x(panel, top1.interval[0])}" x2="${x(panel, top1.interval[1])}" ` +
        `y1="${at}" y2="${at}" stroke="${color}" stroke-width="2"/>`;
    return `${line}<circle cx="${x(panel, top1.value)}" cy="${at}" r="4" ` +
      `fill="${verdict.alive ? color : "white"}" stroke="${color}" stroke-width="1.5"/>`;
  };
  for (const run of runs) {
    const own = rows.filter((one) => one.run === run);
    const of = (kind: MeasuredRow["kind"], name?: string) =>
      own.find((one) => one.kind === kind && one.fault?.name === name);
    body += text(8, y + 12, titleOf(own[0]!, run), 'font-weight="bold"');
    y += 18;
    const single = !own.some(({ fault }) => fault);
    const lines: (readonly [string, MeasuredRow | undefined, MeasuredRow | undefined])[] = [
      [single ? "correct (left), published (right)" : "none", of("correct"), of("published")],
      ...own.filter(({ kind }) => kind === "one fault").map(({ fault }) =>
        [fault!.name, of("one fault", fault!.name), of("one repair", fault!.name)] as const
      ),
    ];
    for (const [name, alone, repaired] of lines) {
      const middle = y + row / 2;
      body += text(left - 10, middle + 4, name, 'text-anchor="end"') + dot(0, alone, middle) +
        dot(1, repaired, middle);
      y += row;
    }
    y += 8;
  }
  for (const panel of [0, 1]) {
    const chance = x(panel, 1 / classes);
    body += `<line x1="${chance}" x2="${chance}" y1="${from}" y2="${y}" stroke="#777" ` +
      'stroke-dasharray="2 4"/>' +
      text(panels[panel]! + width / 2, y + 30, "test top-1", 'fill="#555" text-anchor="middle"');
    for (let share = 0; share <= top + 1e-9; share += 0.1) {
      body += text(x(panel, share), y + 12, share.toFixed(1), 'fill="#555" text-anchor="middle"');
    }
  }
  const systems = [...new Set(rows.map(({ summary }) => summary.configuration.system))];
  const { seeds } = rows[0]!.summary;
  const drawn = seeds === 1 ? "One seed" : `Means of ${seeds} seeds`;
  return new Figure({ width: left + 2 * width + gap + 20, height: y + 38, body }, {
    title: "Faults one by one",
    subtitle: data,
    seen: runs.map((run) => outcomes(rows.filter((one) => one.run === run), run)).join(" "),
    legend: [
      ...systems.map((system) => ({
        label: systemTitles[system],
        color: systemStyle(system).color,
      })),
      { label: "not above constant prediction", color: DEAD },
    ],
    caption: `${drawn} with 95 % intervals (none where every ` +
      "seed gives one class); dotted is chance. Every run is " +
      "computed by the system that it names.",
  });
}

/** What is seen of a run: which faults alone bring it down, and which repairs alone raise it. */
function outcomes(own: readonly MeasuredRow[], run: PaperRunName): string {
  const names = (kind: MeasuredRow["kind"], alive: boolean) =>
    own.filter((one) => one.kind === kind && one.verdict.alive === alive)
      .map(({ fault }) => fault!.name).join(", ") || "no fault";
  const top1 = (kind: MeasuredRow["kind"]) =>
    own.find((one) => one.kind === kind)?.summary.test.top1.value.toFixed(3) ?? "not measured";
  const ends = `${titleOf(own[0]!, run)}: top-1 of the correct run ${top1("correct")}, of the ` +
    `published run ${top1("published")}`;
  if (!own.some(({ fault }) => fault)) return `${ends}.`;
  return `${ends}; alone in the correct run at chance: ${names("one fault", false)}; ` +
    `repaired alone in the published run above it: ${names("one repair", true)}.`;
}

function titleOf({ summary }: MeasuredRow, run: PaperRunName): string {
  return paperRuns(summary.configuration.architecture)[run].title;
}
