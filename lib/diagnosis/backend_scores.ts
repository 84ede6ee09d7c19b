import { chooseBackend } from "../backend/backend_choice.ts";
import type { BackendName } from "../backend/backend_names.ts";
import type { Experiment, ProgressFactory } from "../runs/experiment.ts";
import { predictedLabels } from "../metrics/confusion.ts";
import { predictions, type Run } from "../runs/run.ts";
import { scorePredictions, type SplitScores } from "../runs/score_run.ts";
import type { Predictions } from "../systems/evaluate.ts";
import type { SystemName } from "../systems/system.ts";

/** What one system's runs on several backends score on one split. */
export interface BackendScores {
  /** The system. */
  readonly system: SystemName;
  /** The images. */
  readonly split: "val" | "test";
  /** Scores by backend, in the order that was asked for. */
  readonly scores: ReadonlyMap<BackendName, SplitScores>;
  /** Share of the images to which the networks of all backends give the same class. */
  readonly agreement: number;
}

/**
 * Scores the runs of torch and keras on each of some backends, from the same weights and with the same
 * batches. A run that another backend has made already is taken; the others are loaded, or trained and kept.
 *
 * @param runs of any systems; those of `numpy` are left out, since it has kernels of its own
 * @param backends open already, see `availableBackends`
 */
export async function scoreOnBackends(
  { data, store }: Pick<Experiment, "data" | "store">,
  runs: readonly Run[],
  backends: readonly BackendName[],
  progress?: ProgressFactory,
): Promise<BackendScores[]> {
  const all: BackendScores[] = [];
  for (const own of runs) {
    const { system, backend: asked } = own.configuration;
    if (system === "numpy") continue;
    const trained = new Map<BackendName, Run>();
    for (const backend of backends) {
      const onProgress = progress?.(`Training ${system} on ${backend}`, "images");
      const configuration = { ...own.configuration, backend };
      const run = chooseBackend(asked) === backend
        ? own
        : (await store.loadOrTrain(configuration, data, onProgress ? { onProgress } : {})).run;
      trained.set(backend, run);
    }
    for (const split of ["val", "test"] as const) {
      const answers = new Map<BackendName, Predictions>();
      for (const [backend, run] of trained) {
        answers.set(backend, await predictions(run, data[split]));
      }
      const classes = [...answers.values()].map(predictedLabels), images = data[split].length;
      const alike = data[split].labels.filter((_, i) =>
        classes.every((found) => found[i] === classes[0]![i])
      );
      const scores = new Map([...answers].map(([name, given]) => [name, scorePredictions(given)]));
      all.push({ system, split, scores, agreement: alike.length / images });
    }
  }
  return all;
}
