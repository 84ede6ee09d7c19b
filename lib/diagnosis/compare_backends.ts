import type { BackendName } from "../backend/backend_names.ts";
import { predictedLabels } from "../metrics/confusion.ts";
import type { OnProgress } from "../util/progress.ts";
import { batches, type RunData } from "../runs/run.ts";
import { prepareRun } from "../runs/train_run.ts";
import type { RunConfiguration } from "../runs/run_configuration.ts";
import { predictAll } from "../systems/evaluate.ts";
import type { SystemName } from "../systems/system.ts";

/** A short training of one system on one backend. */
export interface BackendTraining {
  /** The system. */
  readonly system: SystemName;
  /** The backend that it ran on. */
  readonly backend: BackendName;
  /** What the backend computes with, as `System.runsOn` says. */
  readonly runsOn: string;
  /** Mean training loss of the epoch, in nats. */
  readonly loss: number;
  /** Images a second. */
  readonly imagesPerSecond: number;
  /** Share of the validation images for which the first backend's network gives the same class. */
  readonly agreement: number;
}

/**
 * Trains each configuration for one epoch on each backend, one after the other, from the same weights
 * and with the same batches.
 * @param backends open already, see `availableBackends`
 */
export async function compareBackends(
  configurations: readonly RunConfiguration[],
  backends: readonly BackendName[],
  data: RunData,
  onProgress?: OnProgress,
): Promise<BackendTraining[]> {
  const trainings: BackendTraining[] = [];
  const total = configurations.length * backends.length * data.train.length;
  for (const configuration of configurations) {
    let first: Int32Array | undefined;
    for (const backend of backends) {
      const before = trainings.length * data.train.length;
      const own = { ...configuration, epochs: 1, backend };
      const { system, train, normalisation } = await prepareRun(own, data);
      try {
        const [epoch] = await system.fit(train, {
          epochs: 1,
          optimizer: own.optimizer,
          onProgress: (done, _, note) => onProgress?.(before + done, total, note),
        });
        const found = predictedLabels(await predictAll(system, batches(data.val, normalisation)));
        first ??= found;
        const same = found.filter((label, i) => label === first![i]).length;
        trainings.push({
          system: system.name,
          backend,
          runsOn: system.runsOn,
          loss: epoch!.loss,
          imagesPerSecond: epoch!.imagesPerSecond,
          agreement: same / found.length,
        });
      } finally {
        system.dispose();
      }
    }
  }
  return trainings;
}
