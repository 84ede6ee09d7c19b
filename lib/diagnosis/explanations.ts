/** The report's own explanation of its collapse: overfitting, and what 32×32 grey loses. */
import { loadPixels } from "../pixels/load_pixels.ts";
import type { Experiment, ProgressFactory } from "../runs/experiment.ts";
import { lenet5 } from "../model/architecture.ts";
import { runSeeds, trialSeeds } from "./climb.ts";
import { correctedTrial, writtenTrial } from "./ladders.ts";
import type { TrialStore } from "./trial_store.ts";
import type { TrialResult } from "./trial.ts";

/** A way of looking at the images, and what the corrected training makes of it. */
export interface Look {
  readonly name: string;
  readonly results: readonly TrialResult[];
}

/**
 * The corrected training on the images at two sizes, in grey and in colour. The larger ones, which take
 * five times as long, are trained on with one seed.
 */
export async function compareLooks(
  store: TrialStore,
  { dataset, architecture }: Experiment,
  progress?: ProgressFactory,
): Promise<Look[]> {
  const ways = [[32, false, trialSeeds], [32, true, trialSeeds], [64, false, [1]]] as const;
  const looks: Look[] = [];
  for (const [side, colour, seeds] of ways) {
    const name = `${side}×${side} ${colour ? "colour" : "grey"}`;
    const onProgress = progress?.(`Preprocessing to ${name}`, "images");
    const same = side === 32 && !colour;
    const options = { width: side, height: side, colour, decoder: "fast" } as const;
    const data = await loadPixels(dataset, same ? {} : options, onProgress ? { onProgress } : {});
    const input = { channels: colour ? 3 : 1, height: side, width: side };
    const own = same ? architecture : lenet5(dataset.classes.length, { input });
    const trained = progress?.(`Training on ${name}`, "runs");
    const results = await runSeeds(store, data, correctedTrial(own, "lecun"), seeds, trained);
    looks.push({ name, results });
  }
  return looks;
}

/** A training by epoch: how training and validation images fare. */
export interface Course {
  readonly name: string;
  readonly result: TrialResult;
}

/**
 * Whether a network overfits shows where training and validation part: Table I as written, and the
 * corrected training, longer than usual.
 */
export async function compareCourses(
  store: TrialStore,
  { data, architecture }: Experiment,
  progress?: ProgressFactory,
): Promise<Course[]> {
  const corrected = correctedTrial(architecture, "lecun");
  const trials = [
    ["Table I as written", writtenTrial(architecture, "lecun")],
    ["corrected, 25 epochs", { ...corrected, epochs: 25 }],
  ] as const;
  const courses: Course[] = [];
  for (const [name, trial] of trials) {
    const result = await store.run(data, trial, 1, progress?.(`Training: ${name}`, "images"));
    courses.push({ name, result });
  }
  return courses;
}
