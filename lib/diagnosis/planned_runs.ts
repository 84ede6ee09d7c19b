import { ablations } from "./ablations.ts";
import { matrixRows } from "./fault_matrix.ts";
import { learningCurveRuns } from "./learning_curves.ts";
import { paperTextRun } from "./paper_faults.ts";
import type { PaperSweep } from "./paper_sweep.ts";
import type { Architecture } from "../model/architecture.ts";
import { recipes } from "../runs/recipes.ts";
import { type RunConfiguration, runConfiguration } from "../runs/run_configuration.ts";
import { systemNames } from "../systems/create_system.ts";

/** The seeds with which the runs of a diagnosis are trained. */
export interface DiagnosisSeeds {
  /** Seeds of each step of the ablations. */
  readonly seeds: readonly number[];
  /** Seeds of each row of the matrix of faults, if there is no sweep. */
  readonly matrixSeeds: readonly number[];
  /** Seeds of the best recipe. */
  readonly bestSeeds: readonly number[];
}

/**
 * The configurations of all runs that `measureAblations`, `learningCurves`, `literalRuns`, `measureMatrix` and the
 * best recipe ask for, but for those that are taken from a sweep.
 */
export function diagnosisRuns(
  architecture: Architecture,
  sweep: Pick<PaperSweep, "seeds"> | undefined,
  { seeds, matrixSeeds, bestSeeds }: DiagnosisSeeds,
): RunConfiguration[] {
  const withSeeds = (configurations: readonly RunConfiguration[], seeds: readonly number[]) =>
    configurations.flatMap((configuration) => seeds.map((seed) => ({ ...configuration, seed })));
  const steps = Object.values(ablations(architecture)).flatMap(({ steps }) => steps);
  const literal = sweep && sweep.seeds > seeds.length
    ? []
    : systemNames.map((system) => paperTextRun(architecture, system));
  const matrix = sweep ? [] : systemNames.flatMap((run) => matrixRows(architecture, run));
  return [
    ...withSeeds(steps.map(({ configuration }) => configuration), seeds),
    ...learningCurveRuns(architecture).map(({ configuration }) => configuration),
    ...withSeeds(literal, seeds),
    ...withSeeds(matrix.map(({ configuration }) => configuration), matrixSeeds),
    ...withSeeds(
      [runConfiguration({ system: "numpy", architecture, ...recipes.best })],
      bestSeeds,
    ),
  ];
}
