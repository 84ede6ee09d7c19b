/** Our losses over the other programs', and how their difference grows: six panels each. */
import * as Plot from "@observablehq/plot";
import { Figure } from "../../lib/report/figure.ts";
import { plotFigure, systemStyle } from "../../lib/report/plot.ts";
import { systemNames, systemTitles } from "../../lib/systems/create_system.ts";
import { lossDifference } from "./agreement.ts";
import type { Witnessed } from "./witnessed.ts";

const [panelWidth, gap] = [376, 8];

/** The other program's lines; each of ours has the colour of its system. */
const THEIRS = "#555";

const ours = systemNames.map((system) => ({
  label: systemTitles[system],
  color: systemStyle(system).color,
}));

/** What fits no logarithmic scale is drawn at this difference. */
const SMALLEST = 1e-8;

interface Point {
  readonly step: number;
  readonly loss: number;
}

const points = (losses: readonly (number | null)[]): Point[] =>
  losses.flatMap((loss, i) => loss === null ? [] : [{ step: i + 1, loss }]);

const titleOf = ({ title, kind }: Witnessed) => `${title}, ${kind}`;

/** Where the trainings part, in words. */
function partingWords(witnessed: readonly Witnessed[]): string {
  const parted = witnessed.filter(({ agreement }) => agreement.together < agreement.steps);
  const each = parted.map((one) =>
    `${titleOf(one)}, after ${one.agreement.together} of ${one.agreement.steps} steps`
  );
  return parted.length === 0
    ? "The losses are the same in every step."
    : "The dotted line stands where the losses part; without one they are the same in every " +
      `step. They part in: ${each.join("; ")}.`;
}

/** How many times as large as the smallest loss the largest is; 1 where losses are below 0. */
function spread({ ours }: Witnessed): number {
  const losses = points(ours.losses).map(({ loss }) => loss);
  const least = Math.min(...losses);
  return least > 0 ? Math.max(...losses) / least : 1;
}

/** Sets panels in two columns. */
function grid(panels: readonly Figure[]): { width: number; height: number; body: string } {
  let body = "", y = 0;
  for (let row = 0; row < panels.length; row += 2) {
    const pair = panels.slice(row, row + 2);
    pair.forEach(({ svg }, column) => {
      const x = column * (panelWidth + gap);
      body += svg.replace("<svg ", `<svg x="${x}" y="${y}" `);
    });
    y += Math.max(...pair.map(({ height }) => height)) + gap;
  }
  return { width: 2 * panelWidth + gap, height: y, body };
}

/** The loss of every step, theirs drawn over ours; the dotted line is where they part. */
export function witnessFigure(witnessed: readonly Witnessed[], data: string): Figure {
  const panels = witnessed.map((one) => {
    const { together, steps } = one.agreement;
    return plotFigure({
      width: panelWidth,
      height: 190,
      marginLeft: 56,
      marginBottom: 36,
      x: { label: "step", domain: [1, steps] },
      y: {
        label: "loss",
        grid: true,
        nice: true,
        ticks: 5,
        // a loss that explodes would flatten all others
        ...(spread(one) > 100 ? { type: "log" as const, tickFormat: "~s" } : {}),
      },
      marks: [
        Plot.ruleX(together < steps ? [together + 1] : [], {
          stroke: "#555",
          strokeDasharray: "2 3",
        }),
        Plot.line(points(one.ours.losses), {
          x: "step",
          y: "loss",
          stroke: systemStyle(one.system).color,
          strokeWidth: 5,
          strokeOpacity: 0.5,
        }),
        Plot.line(points(one.theirs.losses), {
          x: "step",
          y: "loss",
          stroke: THEIRS,
          strokeWidth: 1.2,
        }),
      ],
    }, { title: titleOf(one) });
  });
  return new Figure(grid(panels), {
    title: "Our trainings over the same ones in PyTorch, Keras and NumPy",
    subtitle: `${data}; same pixels, same order of the images, same starting weights`,
    legend: [...ours, { label: "the other program, drawn over it", color: THEIRS }],
    caption: `Published: as in the paper's code. ${partingWords(witnessed)}`,
  });
}

/** The difference of the losses step by step, beside that of two runs of the other program. */
export function partingFigure(witnessed: readonly Witnessed[], tolerance: number): Figure {
  const panels = witnessed.map((one) => {
    const gaps = (losses: readonly (number | null)[]) =>
      losses.map((loss, i) => ({
        step: i + 1,
        gap: Math.min(1e3, Math.max(SMALLEST, lossDifference(loss, one.theirs.losses[i]!))),
      }));
    const line = (losses: readonly (number | null)[], color: string) =>
      Plot.line(gaps(losses), { x: "step", y: "gap", stroke: color, strokeWidth: 1.2 });
    return plotFigure({
      width: panelWidth,
      height: 190,
      marginLeft: 56,
      marginBottom: 36,
      x: { label: "step", domain: [1, one.agreement.steps] },
      y: {
        label: "difference of the losses",
        type: "log",
        domain: [SMALLEST, 10],
        ticks: 5,
        clamp: true,
      },
      marks: [
        Plot.ruleY([tolerance], { stroke: "#555", strokeDasharray: "2 3" }),
        line(one.nudged.losses, THEIRS),
        line(one.ours.losses, systemStyle(one.system).color),
      ],
    }, { title: titleOf(one) });
  });
  return new Figure(grid(panels), {
    title: "How the same trainings part",
    subtitle: "difference of the losses, relative above 1; on the dotted line they count as apart",
    legend: [
      ...ours.map(({ label, color }) => ({ label: `${label} and the other program`, color })),
      {
        label: "the other program twice, its starting weights one rounding apart",
        color: THEIRS,
      },
    ],
    caption: "Where the two lines rise together, nothing but rounding parts the trainings.",
  });
}
