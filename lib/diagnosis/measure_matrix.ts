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
  /** In the order of `matrixRows`, one of the paper's runs after the other. */
  readonly rows: readonly MeasuredRow[];
  /** How many different configurations were judged together. */
  readonly family: number;
}

/**
 * Puts the rows of some of the paper's runs together from summaries of their configurations, and judges
 * them. A row for which there is no summary is left out, a configuration that several rows have is
 * judged once.
 * @param labels of the test images
 */
export function judgeMatrix(
  architecture: Architecture,
  runs: readonly PaperRunName[],
  summaries: readonly Summary[],
  labels: ArrayLike<number>,
): MeasuredMatrix {
  // the seed is that of the first run, which may be any
  const key = (configuration: RunConfiguration) =>
    JSON.stringify(runConfiguration({ ...configuration, seed: 1 }));
  const rows = runs.flatMap((run) => matrixRows(architecture, run));
  const wanted = new Set(rows.map(({ configuration }) => key(configuration)));
  const found = new Map(
    summaries.map((summary) => [key(summary.configuration), summary] as const)
      .filter(([own]) => wanted.has(own)),
  );
  const judged = judge([...found.values()].map(({ networks }) => networks), constantScores(labels));
  const verdicts = new Map([...found.keys()].map((own, i) => [own, judged[i]!]));
  return {
    rows: rows.flatMap((row): MeasuredRow[] => {
      const own = key(row.configuration);
      const summary = found.get(own);
      return summary ? [{ ...row, summary, verdict: verdicts.get(own)! }] : [];
    }),
    family: found.size,
  };
}

/** What a matrix is measured with. */
export interface MatrixOptions {
  /** Of the paper's runs, which; default the code of the three systems. */
  readonly runs?: readonly PaperRunName[];
  /** Default: seed 1 alone. */
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
        ...[store, data, row.configuration, seeds] as const,
        (done) => onProgress?.(before + done, all, rowName(row)),
      );
      before += images[i]!;
      summaries.push(summarize(trained));
    }
  }
  return judgeMatrix(architecture, runs, summaries, data.test.labels);
}
