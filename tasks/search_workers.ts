/** Trains configurations side by side, each in a process of its own with one thread. */
import { join } from "node:path";
import type { RunConfiguration } from "../lib/runs/run_configuration.ts";
import type { OnProgress } from "../lib/util/progress.ts";
import { projectRoot } from "../lib/util/files.ts";
import { SetupError } from "./run.ts";
import { mark, type SearchJob } from "./search_worker.ts";
import { workerArguments, workerEnvironment } from "./sweep_pool.ts";
import { lines } from "./sweep_protocol.ts";

/** How the trainings are made. */
export interface SideBySideOptions {
  /** How many at once. */
  readonly workers: number;
  /** Whether they run with V8's turbo flags. */
  readonly turbo: boolean;
  /** Folder of the store that takes the runs. */
  readonly store: string;
  /** Images of an epoch. */
  readonly images: number;
  /** Further variables of the workers' environment: which data, say. */
  readonly env?: Readonly<Record<string, string>>;
  /** Told of the images of all trainings. */
  readonly onProgress: OnProgress;
}

/**
 * Trains what the store lacks, and leaves it there.
 * @throws SetupError naming the seed of a training that failed; the others are ended then, and go on next time
 */
export async function trainSideBySide(
  configurations: readonly RunConfiguration[],
  { workers, turbo, store, images, env = {}, onProgress }: SideBySideOptions,
): Promise<void> {
  const total = configurations.reduce((sum, { epochs }) => sum + epochs * images, 0);
  const done = new Map<number, number>(), running = new Set<Deno.ChildProcess>();
  const waiting = [...configurations];
  const slot = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await one(next);
  };
  try {
    await Promise.all(Array.from({ length: workers }, slot));
  } finally {
    waiting.length = 0;
    for (const child of running) child.kill();
  }

  async function one(configuration: RunConfiguration): Promise<void> {
    const { seed, epochs } = configuration, job: SearchJob = { configuration, store };
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...workerArguments.slice(0, -1),
        ...[join(projectRoot, "tasks", "search_worker.ts"), JSON.stringify(job)],
      ],
      cwd: projectRoot,
      env: { ...env, ...workerEnvironment(turbo) },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    running.add(child);
    for await (const line of lines(child.stdout)) {
      if (line.startsWith(mark)) await tell(seed, Number(line.slice(mark.length)));
    }
    const { success, code, signal } = await child.status;
    running.delete(child);
    await child.stdin.close().catch(() => {}); // the other end is gone
    if (!success) {
      throw new SetupError(
        `the training with seed ${seed} ended with ${signal ?? `status ${code}`}; ` +
          "the same command goes on with it",
      );
    }
    await tell(seed, epochs * images);
  }

  async function tell(seed: number, count: number): Promise<void> {
    done.set(seed, count);
    const sum = done.values().reduce((a, b) => a + b, 0);
    await onProgress(sum, total, `seeds ${[...done.keys()].join(", ")}`);
  }
}
