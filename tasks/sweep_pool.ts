/** Worker processes on this machine, each of which trains one configuration at a time on one thread. */
import { join } from "node:path";
import type { KeptOutcome } from "../lib/runs/run_outcome.ts";
import { projectRoot } from "../lib/util/files.ts";
import { turboEnvironment } from "./python.ts";
import { decodeLine, encodeLine, type Job, lines, type Message } from "./sweep_protocol.ts";

/** What computes the jobs of a sweep. */
export interface Workers {
  /** How many jobs are computed at the same time. */
  readonly slots: number;
  /**
   * Computes a job.
   * @param onDone told how many images have been gone through
   * @throws WorkerDied if the worker ended before it answered, and Error if the job cannot be done
   */
  compute(job: Job, onDone: (images: number) => void): Promise<KeptOutcome>;
  /** Ends the workers. */
  close(): Promise<void>;
}

/** A worker that ended before it answered: killed by hand or for its memory, say. */
export class WorkerDied extends Error {}

/** The arguments of Deno that run a worker with no more permissions than it needs. */
export const workerArguments: readonly string[] = [
  ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", "--allow-sys"],
  ...["--allow-write=.", "--allow-ffi=./node_modules,./.native"],
  join(projectRoot, "tasks", "sweep_worker.ts"),
];

/** The environment of a worker: one thread, whatever computes. */
export function workerEnvironment(turbo: boolean): Record<string, string> {
  return {
    LENET_THREADS: "1",
    OMP_NUM_THREADS: "1",
    DENO_NO_UPDATE_CHECK: "1",
    TF_NUM_INTRAOP_THREADS: "1",
    TF_NUM_INTEROP_THREADS: "1",
    TF_CPP_MIN_LOG_LEVEL: "2",
    ...(turbo ? turboEnvironment : {}),
  };
}

/** How worker processes are started. */
export interface ProcessOptions {
  /** How many at once. */
  readonly count: number;
  /** Whether they run with V8's turbo flags. */
  readonly turbo: boolean;
  /** Further variables of their environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Told the id of each process that is started. */
  readonly onStart?: (pid: number) => void;
}

/** Worker processes. They are started when there is work, and again when one has died. */
export class WorkerProcesses implements Workers {
  readonly slots: number;
  readonly #idle: WorkerProcess[] = [];
  readonly #options: ProcessOptions;

  constructor(options: ProcessOptions) {
    this.slots = options.count;
    this.#options = options;
  }

  async compute(job: Job, onDone: (images: number) => void): Promise<KeptOutcome> {
    let worker = this.#idle.pop();
    if (!worker) {
      worker = new WorkerProcess(this.#options);
      this.#options.onStart?.(worker.pid);
    }
    const kept = await worker.compute(job, onDone);
    this.#idle.push(worker);
    if (kept instanceof Error) throw kept;
    return kept;
  }

  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((worker) => worker.close()));
  }
}

class WorkerProcess {
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: AsyncGenerator<string>;

  constructor({ turbo, env = {} }: ProcessOptions) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [...workerArguments],
      cwd: projectRoot,
      env: { ...env, ...workerEnvironment(turbo) },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    this.#answers = lines(this.#child.stdout);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** @returns the outcome, or the error of the job */
  async compute(job: Job, onDone: (images: number) => void): Promise<KeptOutcome | Error> {
    try {
      await this.#stdin.write(new TextEncoder().encode(encodeLine(job)));
    } catch { // it has died; its end is noticed below
    }
    while (true) {
      const { value, done } = await this.#answers.next();
      if (done) break;
      const message = decodeLine<Message>(value);
      if (!message || message.key !== job.key) continue;
      if ("kept" in message) return message.kept;
      if ("error" in message) return new Error(message.error);
      onDone(message.done);
    }
    const { code, signal } = await this.#child.status;
    throw new WorkerDied(`the worker ended with ${signal ?? `status ${code}`}`);
  }

  async close(): Promise<void> {
    await this.#stdin.close().catch(() => {});
    await this.#answers.return(undefined);
    await this.#child.status;
  }
}
