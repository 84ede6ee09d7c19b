import type { Architecture } from "../model/architecture.ts";
import type { RunConfiguration } from "../runs/run_configuration.ts";
import { ablations } from "./ablations.ts";
import { faultyRun, type PaperFault, type PaperRunName, paperRuns } from "./paper_faults.ts";

/**
 * What a row of the matrix trains: the correct run, the published one, the correct one with a single
 * fault put in, or the published one with a single fault repaired.
 */
export type MatrixKind = "correct" | "published" | "one fault" | "one repair";

/** One row of the matrix of faults, before it is trained. */
export interface MatrixRow {
  /** The paper's run that it belongs to. */
  readonly run: PaperRunName;
  /** What is trained. */
  readonly kind: MatrixKind;
  /** The fault that is put in or repaired; absent in the correct and in the published run. */
  readonly fault?: PaperFault;
  /** What the row trains, with seed 1. */
  readonly configuration: RunConfiguration;
}

/**
 * The rows of one of the paper's runs: correct, published, each fault alone put into the correct run,
 * each repair alone made in the published one. Where a run has a single fault, the last two are the
 * published and the correct run again, and are left out.
 */
export function matrixRows(architecture: Architecture, run: PaperRunName): MatrixRow[] {
  const { system, faults } = paperRuns(architecture)[run];
  const train = (chosen: readonly PaperFault[]) => faultyRun(architecture, system, chosen);
  const rows: MatrixRow[] = [
    { run, kind: "correct", configuration: train([]) },
    { run, kind: "published", configuration: train(faults) },
  ];
  if (faults.length === 1) return rows;
  for (const fault of faults) {
    rows.push({ run, kind: "one fault", fault, configuration: train([fault]) });
  }
  for (const fault of faults) {
    const others = faults.filter((other) => other !== fault);
    rows.push({ run, kind: "one repair", fault, configuration: train(others) });
  }
  return rows;
}

/** A configuration and what it is called. */
export interface NamedConfiguration {
  /** Named after the first row or step that trains it. */
  readonly name: string;
  /** The configuration, with seed 1. */
  readonly configuration: RunConfiguration;
}

/**
 * Everything that the matrix and the ablations train, each configuration once, the correct and the
 * published runs first.
 */
export function paperConfigurations(architecture: Architecture): NamedConfiguration[] {
  const runs = paperRuns(architecture);
  const names = Object.keys(runs) as PaperRunName[];
  const rows = names.flatMap((run) => matrixRows(architecture, run));
  const kinds: readonly MatrixKind[] = ["correct", "published", "one fault", "one repair"];
  const all: NamedConfiguration[] = [
    ...kinds.flatMap((kind) => rows.filter((row) => row.kind === kind)).map((row) => ({
      name: `${runs[row.run].title}, ${rowName(row)}`,
      configuration: row.configuration,
    })),
    ...Object.values(ablations(architecture)).flatMap(({ name, steps }) =>
      steps.map(({ change, configuration }, i) => ({
        name: `${name}, step ${i} of the ladder: ${change}`,
        configuration,
      }))
    ),
  ];
  const seen = new Set<string>();
  return all.filter(({ configuration }) => {
    const key = JSON.stringify(configuration);
    return !seen.has(key) && seen.add(key);
  });
}

/** "correct", "published", "correct, with raw pixels", "published, but shuffled". */
export function rowName({ kind, fault }: MatrixRow): string {
  if (!fault) return kind;
  return kind === "one fault" ? `correct, with ${fault.name}` : `published, but ${fault.repair}`;
}
