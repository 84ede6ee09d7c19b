import type { Experiment, ProgressFactory } from "../runs/experiment.ts";
import type { RunData } from "../runs/run.ts";
import type { RunStore } from "../runs/run_store.ts";
import { defaultSeeds, runSeeds, type SeedRun } from "../runs/run_seeds.ts";
import { constantScores, judge, type Verdict } from "./chance.ts";
import { type Ablation, type AblationName, ablations, type AblationStep } from "./ablations.ts";
import type { LayerStatistics } from "./layer_statistics.ts";
import { medianLayers } from "./median_layers.ts";
import { summarize, type Summary } from "./summary.ts";

/** A step of an ablation, its runs, and what they have in common. */
export interface MeasuredStep {
  /** What was changed. */
  readonly step: AblationStep;
  /** One run for each seed. */
  readonly runs: readonly SeedRun[];
  /** What the runs have in common. */
  readonly summary: Summary;
  /** Whether the network is above constant prediction. */
  readonly verdict: Verdict;
  /** Layer by layer at the end of the training: medians over the seeds. */
  readonly layers: readonly LayerStatistics[];
}

/** An ablation with every step measured. */
export interface MeasuredAblation {
  /** What the table is called. */
  readonly name: string;
  /** The steps in their order. */
  readonly steps: readonly MeasuredStep[];
  /** Summary of the run that the ablation starts from. */
  readonly first: Summary;
  /** Summary of the corrected run, in which it ends. */
  readonly last: Summary;
  /** How many different configurations were judged together, its own among them. */
  readonly family: number;
}

/** What an ablation is measured with. */
export interface AblationOptions {
  /** Seeds of each step; default 1, 2 and 3. */
  readonly seeds?: readonly number[];
  /** Makes a progress bar. */
  readonly progress?: ProgressFactory | undefined;
}

/** Measures one ablation, step by step; its steps are judged together. */
export async function measureAblation(
  { store, data }: { readonly store: RunStore; readonly data: RunData },
  { name, steps }: Ablation,
  { seeds = defaultSeeds, progress }: AblationOptions = {},
): Promise<MeasuredAblation> {
  const measured: Omit<MeasuredStep, "verdict">[] = [];
  const images = steps.map(({ configuration }) => configuration.epochs * seeds.length)
    .map((epochs) => epochs * data.train.length);
  const all = images.reduce((sum, own) => sum + own, 0);
  const onProgress = progress?.(name, "images");
  let before = 0;
  for (const [i, step] of steps.entries()) {
    const runs = await runSeeds(
      store,
      data,
      step.configuration,
      seeds,
      (done, _, note) =>
        onProgress?.(before + done, all, `${step.change}${note ? `, ${note}` : ""}`),
    );
    before += images[i]!;
    const layers = await medianLayers(runs, data);
    measured.push({ step, runs, summary: summarize(runs), layers });
  }
  return judgeAblations([{ name, steps: measured }], data.test.labels)[0]!;
}

/** Measures all ablations; all steps of all of them are judged together. */
export async function measureAblations(
  experiment: Experiment,
  options: AblationOptions = {},
): Promise<Readonly<Record<AblationName, MeasuredAblation>>> {
  const all = ablations(experiment.architecture);
  const measured: MeasuredAblation[] = [];
  for (const name of ["numpy", "torch", "keras", "text"] as const) {
    measured.push(await measureAblation(experiment, all[name], options));
  }
  const [numpy, torch, keras, text] = judgeAblations(measured, experiment.data.test.labels);
  return { numpy: numpy!, torch: torch!, keras: keras!, text: text! };
}

/** Judges all steps of some ablations together. A configuration that several of them have counts once. */
export function judgeAblations(
  measured: readonly {
    readonly name: string;
    readonly steps: readonly Omit<MeasuredStep, "verdict">[];
  }[],
  labels: ArrayLike<number>,
): MeasuredAblation[] {
  const key = ({ summary }: Omit<MeasuredStep, "verdict">) => JSON.stringify(summary.configuration);
  const family = new Map(measured.flatMap(({ steps }) => steps.map((step) => [key(step), step])));
  const keys = [...family.keys()];
  const verdicts = judge(
    [...family.values()].map(({ summary }) => summary.networks),
    constantScores(labels),
  );
  return measured.map(({ name, steps }) => ({
    name,
    steps: steps.map((step) => ({ ...step, verdict: verdicts[keys.indexOf(key(step))]! })),
    first: steps[0]!.summary,
    last: steps.at(-1)!.summary,
    family: keys.length,
  }));
}
