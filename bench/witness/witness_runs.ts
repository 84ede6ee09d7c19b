/** Which runs are witnessed: of each system the one of the paper's code, and the corrected one. */
import { correctedRun, faultyRun, paperRuns } from "../../lib/diagnosis/paper_faults.ts";
import type { Architecture } from "../../lib/model/architecture.ts";
import { type RunConfiguration, runConfiguration } from "../../lib/runs/run_configuration.ts";
import { systemNames } from "../../lib/systems/create_system.ts";
import type { SystemName } from "../../lib/systems/system.ts";

/**
 * As the paper's code had it, with all mistakes put right, or right but for the convolutions' input
 * gradient, which the published NumPy run computes wrongly for filters that never learn.
 */
export type WitnessKind = "published" | "corrected" | "wrong input gradient";

/** A run that another program repeats. */
export interface WitnessRun {
  readonly system: SystemName;
  readonly kind: WitnessKind;
  /** Computed by the system whose name it bears. */
  readonly configuration: RunConfiguration;
}

/** The runs of all systems. */
export function witnessRuns(architecture: Architecture, seed = 1): WitnessRun[] {
  const of = (system: SystemName, kind: WitnessKind, configuration: RunConfiguration) => ({
    system,
    kind,
    configuration: runConfiguration({ ...configuration, seed }),
  });
  const paper = paperRuns(architecture);
  const runs = systemNames.flatMap((system) => [
    of(system, "published", faultyRun(architecture, system, paper[system].faults)),
    of(system, "corrected", correctedRun(architecture, system)),
  ]);
  // one epoch shows whether a gradient is the same
  const [wrong] = paper.numpy.faults.filter(({ faults }) =>
    faults?.includes("wrong input gradient")
  );
  return [
    ...runs,
    of("numpy", "wrong input gradient", {
      ...faultyRun(architecture, "numpy", wrong ? [wrong] : []),
      epochs: 1,
    }),
  ];
}

/** Name of a run's files. */
export function runName({ system, kind }: WitnessRun): string {
  return `${system}_${kind.replaceAll(" ", "_")}`;
}
