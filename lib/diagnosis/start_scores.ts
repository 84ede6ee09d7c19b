import { confusionMatrix } from "../metrics/confusion.ts";
import { normalisation } from "../pixels/normalisation.ts";
import { batches, type RunData } from "../runs/run.ts";
import { predictAll, score } from "../systems/evaluate.ts";
import type { System, SystemName } from "../systems/system.ts";

/** What an untrained system makes of the validation images. */
export interface StartScores {
  /** The untrained system. */
  readonly system: SystemName;
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Top-1 accuracy, from 0 to 1. */
  readonly top1: number;
  /** Different classes among the predictions. */
  readonly predicted: number;
}

/** Scores systems as they are, on standardised validation images. */
export async function startScores(
  systems: readonly System[],
  data: Pick<RunData, "train" | "val">,
): Promise<StartScores[]> {
  const normalise = normalisation(data.train);
  const scores: StartScores[] = [];
  for (const system of systems) {
    const predictions = await predictAll(system, batches(data.val, normalise));
    const { loss, top1 } = score(predictions);
    const { predicted } = confusionMatrix(predictions);
    scores.push({ system: system.name, loss, top1, predicted });
  }
  return scores;
}
