import type { OnProgress } from "../util/progress.ts";
import type { Experiment } from "./experiment.ts";
import type { RunConfiguration } from "./run_configuration.ts";
import type { RunOrigin } from "./run_store.ts";
import { sideBySide, type Telling, trainsApart, type Work } from "./side_by_side.ts";

/**
 * Trains configurations that the store lacks, so that they are loaded afterwards. Several trainings go on at a
 * time, see `sideBySide`. Trainings on the native TensorFlow, whose bits depend on the threads, and those that need
 * images for a teacher, are made here one after the other, with all threads. A training that diverges is a result
 * like any other.
 * @param onProgress told of the images that all trainings together have gone through
 * @param processes how many at a time, default: see `defaultProcesses`
 * @returns where each run came from; a configuration that is given several times counts once
 * @throws Error naming the training that failed; the others are ended then, and go on next time
 */
export async function trainTogether(
  experiment: Pick<Experiment, "data" | "store" | "parameters">,
  configurations: readonly RunConfiguration[],
  onProgress?: OnProgress,
  processes?: number,
): Promise<{ readonly origin: RunOrigin }[]> {
  const { data, store } = experiment, loaded: { readonly origin: RunOrigin }[] = [];
  const byPath = new Map<string, RunConfiguration>();
  for (const configuration of configurations) {
    byPath.set(await store.path(configuration, data), configuration);
  }
  const works: Work<RunOrigin>[] = [];
  for (const configuration of byPath.values()) {
    const { system, epochs, seed } = configuration;
    if (await store.load(configuration, data)) loaded.push({ origin: "loaded" });
    else {
      works.push({
        name: `the training of ${system} for ${epochs} epochs with seed ${seed}`,
        module: import.meta.url,
        run: trainOne,
        args: [configuration],
        units: epochs * data.train.length,
        isApart: trainsApart(configuration),
      });
    }
  }
  const trained = await sideBySide(experiment, works, {
    onProgress,
    ...processes !== undefined && { processes },
  });
  return [...loaded, ...trained.map((origin) => ({ origin }))];
}

/** One of the trainings; the run is left in the store. */
export async function trainOne(
  { data, store }: Pick<Experiment, "data" | "store">,
  { onProgress }: Pick<Telling, "onProgress">,
  configuration: RunConfiguration,
): Promise<RunOrigin> {
  const options = { continueAtBrokenLoss: true, onProgress };
  return (await store.loadOrTrain(configuration, data, options)).origin;
}
