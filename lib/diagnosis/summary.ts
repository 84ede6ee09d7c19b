import { median } from "../metrics/median.ts";
import { type SeedMean, seedMean } from "../metrics/seeds.ts";
import { countClasses } from "../model/architecture.ts";
import type { RunConfiguration } from "../runs/run_configuration.ts";
import type { ScoredRun } from "../runs/score_run.ts";

/** Mean accuracies over the seeds, with their 95 % intervals. */
export interface MeanScores {
  /** Mean top-1 accuracy. */
  readonly top1: SeedMean;
  /** Mean top-5 accuracy. */
  readonly top5: SeedMean;
}

/** What several runs that differ in their seed only have in common. */
export interface Summary {
  /** Of the first of the runs. */
  readonly configuration: RunConfiguration;
  /** How many runs there are. */
  readonly seeds: number;
  /** Classes of the network. */
  readonly classes: number;
  /** How many test images there are. */
  readonly testImages: number;
  /** On the validation images. */
  readonly val: MeanScores;
  /** On the test images. */
  readonly test: MeanScores;
  /** Test top-1 of each seed, from 0 to 1. */
  readonly top1BySeed: readonly number[];
  /** Median of the training loss in the last epoch, in nats. */
  readonly loss: number;
  /** Median number of different classes among the predictions for the test images. */
  readonly predicted: number;
  /** Whether the 95 % interval of mean test top-1, or that of mean test top-5, lies above chance. */
  readonly aboveChance: boolean;
}

/** Sums up runs of one configuration. @throws RangeError if there is no run */
export function summarize(runs: readonly ScoredRun[]): Summary {
  const [first] = runs;
  if (!first) throw new RangeError("there are no runs to sum up");
  const { configuration } = first.run;
  const classes = countClasses(configuration.architecture);
  const mean = (split: "val" | "test", metric: "top1" | "top5") => {
    const { images } = first[split][metric];
    return seedMean(runs.map((run) => run[split][metric].value), images);
  };
  const test = { top1: mean("test", "top1"), top5: mean("test", "top5") };
  return {
    configuration,
    seeds: runs.length,
    classes,
    testImages: first.test.top1.images,
    val: { top1: mean("val", "top1"), top5: mean("val", "top5") },
    test,
    top1BySeed: runs.map((run) => run.test.top1.value),
    loss: median(runs.map(({ run }) => run.history.at(-1)!.loss)),
    predicted: median(runs.map(({ test }) => test.confusion.predicted)),
    aboveChance: test.top1.interval[0] > 1 / classes || test.top5.interval[0] > 5 / classes,
  };
}
