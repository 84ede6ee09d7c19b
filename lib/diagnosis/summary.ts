import { median } from "../metrics/median.ts";
import { type SeedMean, seedMean } from "../metrics/seeds.ts";
import { countClasses } from "../model/architecture.ts";
import type { RunConfiguration } from "../runs/run_configuration.ts";
import type { ScoredRun, SplitScores } from "../runs/score_run.ts";
import type { SplitCounts } from "./chance.ts";

/** Mean accuracies over the seeds, with their 95 % intervals. */
export interface MeanScores {
  /** Mean top-1 accuracy. */
  readonly top1: SeedMean;
  /** Mean top-5 accuracy. */
  readonly top5: SeedMean;
}

/** A finished training, of which the answers were counted. */
export interface CountedRun {
  /** What was trained. */
  readonly configuration: RunConfiguration;
  /** Training loss in the last epoch, in nats. */
  readonly loss: number;
  /** On the validation images. */
  readonly val: SplitCounts;
  /** On the test images. */
  readonly test: SplitCounts;
}

/** What several runs that differ in their seed only have in common. */
export interface Summary {
  /** The configuration of the first run, with its seed. */
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
  /** Each seed's counts on the test images. */
  readonly networks: readonly SplitCounts[];
}

/** Sums up scored runs of one configuration. @throws RangeError if there is no run */
export function summarize(runs: readonly ScoredRun[]): Summary {
  return summarizeCounts(runs.map(({ run, val, test }) => ({
    configuration: run.configuration,
    loss: run.history.at(-1)!.loss,
    val: countsOf(val),
    test: countsOf(test),
  })));
}

/** Sums up counted runs of one configuration. @throws RangeError if there is no run */
export function summarizeCounts(runs: readonly CountedRun[]): Summary {
  const [first] = runs;
  if (!first) throw new RangeError("there are no runs to sum up");
  const mean = (split: "val" | "test", metric: "top1" | "top5") =>
    seedMean(runs.map((run) => run[split][metric] / run[split].images), first[split].images);
  return {
    configuration: first.configuration,
    seeds: runs.length,
    classes: countClasses(first.configuration.architecture),
    testImages: first.test.images,
    val: { top1: mean("val", "top1"), top5: mean("val", "top5") },
    test: { top1: mean("test", "top1"), top5: mean("test", "top5") },
    top1BySeed: runs.map(({ test }) => test.top1 / test.images),
    loss: median(runs.map(({ loss }) => loss)),
    predicted: median(runs.map(({ test }) => test.predicted)),
    networks: runs.map(({ test }) => test),
  };
}

/** The counts behind scores. */
export function countsOf({ top1, top5, confusion: { predicted } }: SplitScores): SplitCounts {
  return { images: top1.images, top1: top1.hits, top5: top5.hits, predicted };
}
