/** The report's own explanation of its collapse: overfitting, and what 32×32 grey loses. */
import { loadPixels } from "../pixels/cache.ts";
import type { Experiment, ProgressFactory } from "../runs/experiment.ts";
import { lenet5 } from "../systems/architecture.ts";
import { runSeeds } from "./climb.ts";
import { correctedTrial, writtenTrial } from "./ladders.ts";
import type { TrialStore } from "./store.ts";
import type { TrialResult } from "./trial.ts";

/** A way of looking at the images, and what the corrected training makes of it. */
export interface Look {
  readonly name: string;
  readonly results: readonly TrialResult[];
}

/** The corrected training on the images at two sizes, in grey and in colour. */
export async function compareLooks(
  store: TrialStore,
  { dataset, architecture }: Experiment,
  progress?: ProgressFactory,
): Promise<Look[]> {
  const ways = [[32, false], [32, true], [64, false]] as const;
  const looks: Look[] = [];
  for (const [side, colour] of ways) {
    const name = `${side}×${side} ${colour ? "colour" : "grey"}`;
    const onProgress = progress?.(`Preprocessing to ${name}`, "images");
    const options = { width: side, height: side, colour };
    const data = await loadPixels(dataset, options, onProgress ? { onProgress } : {});
    const input = { channels: colour ? 3 : 1, height: side, width: side };
    const own = name === "32×32 grey" ? architecture : lenet5(dataset.classes.length, { input });
    const trained = progress?.(`Training on ${name}`, "runs");
    const results = await runSeeds(store, data, correctedTrial(own, "lecun"), undefined, trained);
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
 * Whether a network overfits shows where training and validation part: Table I as written, the corrected
 * training, and the corrected training four times as long.
 */
export async function compareCourses(
  store: TrialStore,
  { data, architecture }: Experiment,
  progress?: ProgressFactory,
): Promise<Course[]> {
  const corrected = correctedTrial(architecture, "lecun");
  const trials = [
    ["Table I as written", writtenTrial(architecture, "lecun")],
    ["corrected, 40 epochs", { ...corrected, epochs: 40 }],
  ] as const;
  const courses: Course[] = [];
  for (const [name, trial] of trials) {
    const result = await store.run(data, trial, 1, progress?.(`Training: ${name}`, "images"));
    courses.push({ name, result });
  }
  return courses;
}
