/** Computes the outcomes of a list of jobs, each once, on whatever workers there are. */
import type { KeptOutcome } from "../lib/runs/run_outcome.ts";
import type { OutcomeStore } from "../lib/runs/outcome_store.ts";
import type { OnProgress } from "../lib/util/progress.ts";
import type { Job } from "./sweep_protocol.ts";
import { WorkerDied, type Workers } from "./sweep_pool.ts";

/** A job and what the bar counts. */
export interface SizedJob extends Job {
  /** Images that its training goes through: its images times its epochs. */
  readonly size: number;
}

/** What became of the jobs. */
export interface SweepResult {
  /** The outcomes by key. */
  readonly outcomes: ReadonlyMap<string, KeptOutcome>;
  /** How many were there before, how many this sweep computed, and how many another one did meanwhile. */
  readonly found: number;
  readonly computed: number;
  readonly elsewhere: number;
  /** Jobs that cannot be done, and why. */
  readonly failures: readonly { readonly job: Job; readonly reason: string }[];
}

/** How often a job is tried again after its worker has died. */
const TRIES = 3;
/** Milliseconds between two looks at what another sweep computes. */
const LOOK = 1000;

/**
 * Computes what the store lacks. Each outcome is stored as soon as it is there. What another sweep is
 * computing is left to it and waited for; if that sweep ends without a result, this one computes it.
 * @param jobs in the order in which they are begun; of two with one key the first counts
 */
export async function runSweep(
  jobs: readonly SizedJob[],
  store: OutcomeStore,
  workers: Workers,
  onProgress: OnProgress = () => {},
): Promise<SweepResult> {
  const outcomes = new Map<string, KeptOutcome>();
  const failures: { job: Job; reason: string }[] = [];
  const unique = [...new Map(jobs.map((job) => [job.key, job])).values()];
  for (const { key } of unique) {
    const kept = await store.get(key);
    if (kept) outcomes.set(key, kept);
  }
  const found = outcomes.size;
  let computed = 0, elsewhere = 0;
  const waiting = unique.filter(({ key }) => !outcomes.has(key));
  const total = waiting.reduce((sum, { size }) => sum + size, 0);
  const trained = new Map<string, number>();
  const tell = async () => {
    const done = trained.values().reduce((a, b) => a + b, 0);
    const runs = outcomes.size - found;
    await onProgress(
      Math.min(done, total),
      total,
      `${runs} of ${total && unique.length - found} runs`,
    );
  };

  /** @returns whether the job is settled; otherwise another sweep has it */
  const settle = async (job: SizedJob): Promise<boolean> => {
    const claim = await store.claim(job.key);
    if (!claim) return false;
    try {
      let kept = await store.get(job.key); // another sweep may have ended between the look and the claim
      if (kept) elsewhere++;
      else {
        kept = await tried(job, workers, (images) => {
          trained.set(job.key, images);
          tell();
        });
        if (await store.put(kept)) computed++;
      }
      outcomes.set(job.key, kept);
    } catch (error) {
      failures.push({ job, reason: (error as Error).message });
    } finally {
      await claim.release();
    }
    trained.set(job.key, job.size);
    await tell();
    return true;
  };

  const slot = async (): Promise<void> => {
    let busy = 0; // jobs in a row that other sweeps have
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      if (await settle(job)) {
        busy = 0;
        continue;
      }
      waiting.push(job);
      if (++busy >= waiting.length) await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  };
  await tell();
  await Promise.all(Array.from({ length: Math.min(workers.slots, waiting.length) }, slot));
  return { outcomes, found, computed, elsewhere, failures };
}

/** Computes a job, on another worker if one dies. */
async function tried(
  job: Job,
  workers: Workers,
  onDone: (images: number) => void,
): Promise<KeptOutcome> {
  for (let left = TRIES;; left--) {
    try {
      return await workers.compute(job, onDone);
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
      if (left === 1) throw new Error(`${error.message}, ${TRIES} times in a row`);
    }
  }
}
