import { join } from "node:path";
import { projectRoot } from "../util/files.ts";
import { type BootstrapInterval, pairedBootstrap } from "../metrics/bootstrap.ts";
import type { RunConfiguration } from "../runs/run_configuration.ts";
import { type RunOutcome, unpackBits } from "../runs/run_outcome.ts";
import { readSweep, type SweptEntry } from "../runs/sweep_file.ts";
import { systemNames } from "../systems/create_system.ts";
import type { SystemName } from "../systems/system.ts";
import { committedResults, type Experiment } from "../runs/experiment.ts";
import { type AblationName, ablations } from "./ablations.ts";
import type { MeasuredAblation } from "./measure_ablation.ts";
import {
  configurationKey,
  judgeSummaries,
  matrixOf,
  type MeasuredMatrix,
} from "./measure_matrix.ts";
import { correctedRun, type PaperRunName, paperRuns, tableRateRun } from "./paper_faults.ts";
import { type CountedRun, summarizeCounts, type Summary } from "./summary.ts";

/** The results of `deno task sweep --list paper`, put together. */
export interface PaperSweep {
  /** The matrix of faults, with Table I taken literally on each system. */
  readonly matrix: MeasuredMatrix;
  /** The ladders, without layers and without the runs themselves. */
  readonly ladders: Readonly<Record<AblationName, MeasuredAblation>>;
  /** Top-1 of Table I's rate less that of 1e-3, both on standardised pixels, for each system. */
  readonly rates: readonly RateDifference[];
  /** The least number of seeds that a configuration has. */
  readonly seeds: number;
  /** Day of the first and of the last training, as ISO dates. */
  readonly days: readonly [first: string, last: string];
  /** What computed: "kernels (wide, 1 thread)", say. */
  readonly runsOn: readonly string[];
}

/** What Table I's learning rate gains on standardised pixels. */
export interface RateDifference {
  /** Who trained. */
  readonly system: SystemName;
  /** Paired by seed and image, with its bootstrap interval. */
  readonly difference: BootstrapInterval;
}

/**
 * Reads the sweep of an experiment's images: the one made here, or the committed one of a data set of
 * that name.
 * @returns undefined where there is none, or it is of other images
 */
export async function readPaperSweep(
  { architecture, data, dataset }: Pick<Experiment, "architecture" | "data" | "dataset">,
): Promise<PaperSweep | undefined> {
  const entries = await readSweepOf({ data, dataset }, "paper");
  return entries && paperSweep(architecture, entries, data.test.labels);
}

/**
 * Reads a sweep of an experiment's images, as `readPaperSweep` does. Its first entry has the images as the
 * experiment has them.
 */
export async function readSweepOf(
  { data, dataset }: Pick<Experiment, "data" | "dataset">,
  list: string,
): Promise<readonly SweptEntry[] | undefined> {
  for (const folder of [committedResults(dataset), join(projectRoot, "results", dataset.name)]) {
    const entries = await readSweep(folder, list);
    const [first] = entries ?? [];
    if (!first || first.outcomes.length === 0) continue;
    if (first.outcomes.every(({ outcome }) => outcome.images.test === data.test.key)) {
      return entries;
    }
  }
  return undefined;
}

/**
 * Puts a sweep of the list `paper` together.
 * @param labels of the test images
 * @throws RangeError naming a step of the ladders that the sweep lacks
 */
export function paperSweep(
  architecture: Experiment["architecture"],
  entries: readonly SweptEntry[],
  labels: ArrayLike<number>,
): PaperSweep {
  const kept = entries.flatMap(({ outcomes }) => outcomes);
  const summaries = entries.map(({ outcomes }) =>
    summarizeCounts(outcomes.map(({ outcome }) => countedOutcome(outcome)))
  );
  const days = kept.map(({ made }) => made.date.slice(0, 10)).sort();
  return {
    ...sweptResults(architecture, summaries, labels),
    rates: rateDifferences(architecture, entries),
    days: [days[0]!, days.at(-1)!],
    runsOn: [...new Set(kept.map(({ made }) => made.runsOn))].sort(),
  };
}

function rateDifferences(
  architecture: Experiment["architecture"],
  entries: readonly SweptEntry[],
): RateDifference[] {
  const hits = (configuration: RunConfiguration) => {
    const key = configurationKey(configuration);
    const own = entries.find(({ outcomes: [first] }) =>
      first && configurationKey(first.outcome.configuration) === key
    );
    return own!.outcomes.map(({ outcome: { test } }) => unpackBits(test.top1Images, test.images));
  };
  return systemNames.map((system) => ({
    system,
    difference: pairedBootstrap(
      hits(tableRateRun(architecture, system)),
      hits(correctedRun(architecture, system)),
    ),
  }));
}

/** The matrix and the ladders from the summaries of all their configurations, judged together. */
function sweptResults(
  architecture: Experiment["architecture"],
  summaries: readonly Summary[],
  labels: ArrayLike<number>,
): Pick<PaperSweep, "matrix" | "ladders" | "seeds"> {
  const judged = judgeSummaries(summaries, labels);
  const names = Object.keys(paperRuns(architecture)) as PaperRunName[];
  const all = ablations(architecture);
  const ladder = (name: AblationName): MeasuredAblation => {
    const steps = all[name].steps.map((step) => {
      const own = judged.get(configurationKey(step.configuration));
      if (!own) throw new RangeError(`the sweep has no run of ${all[name].name}, ${step.change}`);
      return { step, ...own, runs: [], layers: [] };
    });
    const [first, last] = [steps[0]!.summary, steps.at(-1)!.summary];
    return { name: all[name].name, steps, first, last, family: judged.size };
  };
  return {
    matrix: matrixOf(architecture, names, judged),
    ladders: {
      numpy: ladder("numpy"),
      torch: ladder("torch"),
      keras: ladder("keras"),
      text: ladder("text"),
    },
    seeds: Math.min(...summaries.map(({ seeds }) => seeds)),
  };
}

/** What `summarizeCounts` needs of an outcome. */
function countedOutcome({ configuration, epochs, val, test }: RunOutcome): CountedRun {
  return { configuration, loss: epochs.at(-1)!.loss, val, test };
}
