import type { ProgressFactory } from "../runs/experiment.ts";
import type { RunData } from "../runs/run.ts";
import { runSeeds } from "../runs/run_seeds.ts";
import type { RunStore } from "../runs/run_store.ts";
import type { Architecture } from "../model/architecture.ts";
import { type RunConfiguration, runConfiguration } from "../runs/run_configuration.ts";
import { constantScores, judge, type Verdict } from "./chance.ts";
import { type MatrixRow, matrixRows, rowName } from "./fault_matrix.ts";
import { type PaperRunName, paperRuns } from "./paper_faults.ts";
import { summarize, type Summary } from "./summary.ts";

/** A row of the matrix with what its runs came to. */
export interface MeasuredRow extends MatrixRow {
  /** What the seeds have in common. */
  readonly summary: Summary;
  /** Whether they are above constant prediction. */
  readonly verdict: Verdict;
}

/** Rows of the matrix of faults, measured and judged together. */
export interface MeasuredMatrix {
  /** The rows of one of the paper's runs after the other, each in the order of `matrixRows`. */
  readonly rows: readonly MeasuredRow[];
  /** How many different configurations were judged together. */
  readonly family: number;
}

/** A text that tells configurations apart, but not those that differ in their seed only. */
export function configurationKey(configuration: RunConfiguration): string {
  return JSON.stringify(runConfiguration({ ...configuration, seed: 1 }));
}

/** A summary with its verdict. */
export interface JudgedSummary {
  /** What the seeds have in common. */
  readonly summary: Summary;
  /** Whether they are above constant prediction. */
  readonly verdict: Verdict;
}

/**
 * Judges configurations together. One that is given twice counts once.
 * @param labels of the test images
 * @returns by `configurationKey`
 */
export function judgeSummaries(
  summaries: readonly Summary[],
  labels: ArrayLike<number>,
): ReadonlyMap<string, JudgedSummary> {
  const found = new Map(
    summaries.map((summary) => [configurationKey(summary.configuration), summary]),
  );
  const judged = judge([...found.values()].map(({ networks }) => networks), constantScores(labels));
  return new Map(
    [...found].map(([key, summary], i) => [key, { summary, verdict: judged[i]! }]),
  );
}

/**
 * Puts the rows of some of the paper's runs together from judged configurations. A row whose
 * configuration is not among them is left out.
 */
export function matrixOf(
  architecture: Architecture,
  runs: readonly PaperRunName[],
  judged: ReadonlyMap<string, JudgedSummary>,
): MeasuredMatrix {
  const rows = runs.flatMap((run) => matrixRows(architecture, run)).flatMap(
    (row): MeasuredRow[] => {
      const own = judged.get(configurationKey(row.configuration));
      return own ? [{ ...row, ...own }] : [];
    },
  );
  return { rows, family: judged.size };
}

/** What a matrix is measured with. */
export interface MatrixOptions {
  /** Which of the paper's runs; default: those of its code, on the three systems. */
  readonly runs?: readonly PaperRunName[];
  /** Seeds of each configuration; default: seed 1 alone. */
  readonly seeds?: readonly number[];
  /** Makes a progress bar. */
  readonly progress?: ProgressFactory | undefined;
}

/** Trains the rows of the matrix, or takes their runs from the store, and judges them. */
export async function measureMatrix(
  { store, data, architecture }: {
    readonly store: RunStore;
    readonly data: RunData;
    readonly architecture: Architecture;
  },
  { runs = ["numpy", "torch", "keras"], seeds = [1], progress }: MatrixOptions = {},
): Promise<MeasuredMatrix> {
  const summaries: Summary[] = [];
  for (const run of runs) {
    const rows = matrixRows(architecture, run);
    const images = rows.map(({ configuration }) =>
      configuration.epochs * seeds.length * data.train.length
    );
    const all = images.reduce((sum, own) => sum + own, 0);
    const onProgress = progress?.(`Matrix: ${paperRuns(architecture)[run].title}`, "images");
    let before = 0;
    for (const [i, row] of rows.entries()) {
      const trained = await runSeeds(
        store,
        data,
        row.configuration,
        seeds,
        (done) => onProgress?.(before + done, all, rowName(row)),
      );
      before += images[i]!;
      summaries.push(summarize(trained));
    }
  }
  return matrixOf(architecture, runs, judgeSummaries(summaries, data.test.labels));
}
