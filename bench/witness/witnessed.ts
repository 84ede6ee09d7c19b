/** A run, its repetition in another program, and what the comparison says. */
import { type Cell, Table } from "../../lib/report/table.ts";
import { answerCell, oneAnswerNote } from "../../lib/report/tables/score_cell.ts";
import { wilson } from "../../lib/metrics/wilson.ts";
import { systemTitles } from "../../lib/systems/create_system.ts";
import { type Agreement, agreement } from "./agreement.ts";
import type { LoggedAccuracy, WitnessLog } from "./log.ts";
import type { WitnessRun } from "./witness_runs.ts";

/** Losses that differ by less count as the same: a tenth of a percent above 1, 0.001 below. */
export const TOLERANCE = 1e-3;

/** A witnessed run. */
export interface Witnessed extends WitnessRun {
  /** What the paper calls the system. */
  readonly title: string;
  readonly ours: WitnessLog;
  /** The other program on the same input. */
  readonly theirs: WitnessLog;
  /** The other program with every starting weight moved by one rounding. */
  readonly nudged: WitnessLog;
  /** Ours and theirs. */
  readonly agreement: Agreement;
  /** Theirs and theirs nudged: what rounding alone does. */
  readonly rounding: Agreement;
}

/** Compares the three logs of a run. */
export function witnessed(
  run: WitnessRun,
  ours: WitnessLog,
  theirs: WitnessLog,
  nudged: WitnessLog,
): Witnessed {
  return {
    ...run,
    title: systemTitles[run.system],
    ours,
    theirs,
    nudged,
    agreement: agreement(ours.losses, theirs.losses, TOLERANCE),
    rounding: agreement(nudged.losses, theirs.losses, TOLERANCE),
  };
}

/** How long the losses of all runs are the same, and how far apart they come. */
export function witnessTable(runs: readonly Witnessed[], notes: readonly string[]): Table {
  return new Table({
    title: "Our trainings beside the same ones in other programs",
    columns: [
      { key: "system", label: "system" },
      { key: "kind", label: "run" },
      { key: "program", label: "other program" },
      { key: "steps", label: "steps" },
      { key: "together", label: "steps with the same loss" },
      { key: "rounding", label: "the other program twice: steps with the same loss" },
      { key: "median", label: "median difference" },
      { key: "largest", label: "largest difference" },
      { key: "largestRounding", label: "the other program twice: largest difference" },
    ],
    rows: runs.map((run) => ({
      system: run.title,
      kind: run.kind,
      program: run.theirs.program,
      steps: run.agreement.steps,
      together: run.agreement.together,
      rounding: run.rounding.together,
      median: run.agreement.median,
      largest: run.agreement.largest,
      largestRounding: run.rounding.largest,
    })),
    notes: [
      `The same loss: the two losses of a step differ by at most ${TOLERANCE}, relative to the loss where it ` +
      "is above 1; counted up to the first step that differs by more. The other program twice: it is run a " +
      "second time with every starting weight moved to the next number of float32, so that what parts its " +
      "two runs is rounding alone.",
      ...runs.map(sentence),
      ...notes,
    ],
  });
}

/** How often the networks of all runs are right. @param testImages how many images the accuracies are of */
export function witnessAccuracyTable(
  runs: readonly Witnessed[],
  testImages: number,
  notes: readonly string[],
): Table {
  const share = ({ top1, classesPredicted }: LoggedAccuracy): Cell =>
    answerCell(wilson(Math.round(top1 * testImages), testImages), classesPredicted);
  return new Table({
    title: "The same trainings: how often their networks are right",
    columns: [
      { key: "system", label: "system" },
      { key: "kind", label: "run" },
      { key: "ours", label: "test top-1, here (95 %)", align: "right" },
      { key: "theirs", label: "in the other program (95 %)", align: "right" },
      { key: "classes", label: "classes predicted, here and there" },
    ],
    rows: runs.map((run) => ({
      system: run.title,
      kind: run.kind,
      ours: share(run.ours.test),
      theirs: share(run.theirs.test),
      classes: `${run.ours.test.classesPredicted}, ${run.theirs.test.classesPredicted}`,
    })),
    notes: ["Intervals after Wilson.", oneAnswerNote, ...notes],
  });
}

/** What the numbers of a run say. */
export function sentence({ title, kind, theirs, agreement, rounding }: Witnessed): string {
  const program = theirs.program.split(/[ ,]/)[0];
  const { steps, together, largest } = agreement;
  const begin = `${title}, ${kind}: `;
  if (together === steps) {
    return `${begin}the losses are those of ${program} in all ${steps} steps; they differ by ` +
      `${largest.toPrecision(2)} at most.`;
  }
  const rounds = rounding.together === steps
    ? "though one rounding in the starting weights parts it from itself in no step"
    : `one rounding in the starting weights parts ${program} from itself after ${rounding.together}`;
  return `${begin}the losses are those of ${program} for ${together} of ${steps} steps; ${rounds}.`;
}
