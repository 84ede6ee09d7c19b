import type { Architecture } from "../model/architecture.ts";
import type { RunConfiguration } from "../runs/run_configuration.ts";
import type { SystemName } from "../systems/system.ts";
import { faultyRun, paperRuns } from "./paper_faults.ts";

/** One step of an ablation: what is changed from the step before it. */
export interface AblationStep {
  /** What is different from the step before. */
  readonly change: string;
  /** The run of this step, with seed 1. */
  readonly configuration: RunConfiguration;
}

/** The way from a faulty run to the correct one, one change at a time; each step keeps all before. */
export interface Ablation {
  /** What the table of the steps is called. */
  readonly name: string;
  /** The steps, the paper's run first. */
  readonly steps: readonly AblationStep[];
}

/** One ablation from each system's run in the paper's code, and one from Table I taken literally. */
export type AblationName = SystemName | "text";

/**
 * The ablations of the three systems and of Table I, the latter on torch. Every step is a run of the
 * system that the ablation names. They go through one order of the repairs of many; the matrix of
 * single faults and single repairs does not depend on it.
 */
export function ablations(architecture: Architecture): Readonly<Record<AblationName, Ablation>> {
  const runs = paperRuns(architecture);
  const ladder = (name: keyof typeof runs): Ablation => {
    const { title, published, system, faults } = runs[name];
    const run = (repaired: number) => faultyRun(architecture, system, faults.slice(repaired));
    return {
      name: title,
      steps: [
        { change: published, configuration: run(0) },
        ...faults.map(({ repair }, i) => ({ change: repair, configuration: run(i + 1) })),
      ],
    };
  };
  return {
    numpy: ladder("numpy"),
    torch: ladder("torch"),
    keras: ladder("keras"),
    text: ladder("text torch"),
  };
}
