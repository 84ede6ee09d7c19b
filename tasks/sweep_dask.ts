/** The workers of a Dask cluster, as workers of a sweep. */
import { join } from "node:path";
import type { KeptOutcome } from "../lib/runs/run_outcome.ts";
import { projectRoot } from "../lib/util/files.ts";
import { programOf, setupVenv } from "./python.ts";
import { SetupError } from "./run.ts";
import {
  type ProcessOptions,
  workerArguments,
  WorkerDied,
  workerEnvironment,
  type Workers,
} from "./sweep_pool.ts";
import { decodeLine, encodeLine, type Job, lines, type Message } from "./sweep_protocol.ts";

/** The Python environment with dask.distributed. */
const daskVenv: string = join(projectRoot, ".venv-dask");

/** Its interpreter. */
export const daskPython: string = programOf(daskVenv, "python");

/** How the cluster is reached, and how its workers are started. */
export interface DaskOptions extends ProcessOptions {
  /** The address of a scheduler, or `local` for a cluster of `count` processes that is made here. */
  readonly scheduler: string;
}

interface Waiting {
  readonly resolve: (kept: KeptOutcome) => void;
  readonly reject: (error: Error) => void;
}

/** What the workers have to know of this process's environment. */
const handedOn = ["LENET_DATA", "LENET_FULL", "LENET_SPLIT", "LENET_FOLLOW_LINKS", "LENET_BACKEND"];

/**
 * Workers on a Dask cluster. A Python process (tasks/sweep_dask.py) speaks with the scheduler; this one
 * speaks with it. If a machine of the cluster dies, Dask gives its job to another.
 */
export class DaskWorkers implements Workers {
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting = new Map<string, Waiting>();

  private constructor(child: Deno.ChildProcess, readonly slots: number) {
    this.#child = child;
    this.#stdin = child.stdin.getWriter();
  }

  /**
   * Installs dask.distributed if it is missing and connects to the scheduler.
   * @throws SetupError if it cannot be installed, or no scheduler answers
   */
  static async open({ scheduler, count, turbo, env = {} }: DaskOptions): Promise<DaskWorkers> {
    await setupVenv("requirements-dask.txt", daskVenv);
    const environment: Record<string, string> = { ...env, ...workerEnvironment(turbo) };
    for (const name of handedOn) {
      const value = environment[name] ?? Deno.env.get(name);
      if (value) environment[name] = value;
    }
    const settings = {
      project: projectRoot,
      deno: Deno.execPath(),
      arguments: workerArguments,
      environment,
    };
    const child = new Deno.Command(daskPython, {
      args: [
        join(projectRoot, "tasks", "sweep_dask.py"),
        ...[scheduler, String(count), JSON.stringify(settings)],
      ],
      // Dask would otherwise write its configuration into the home
      env: { DASK_CONFIG: join(projectRoot, ".cache", "dask"), PYTHONDONTWRITEBYTECODE: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const answers = lines(child.stdout);
    const first = await answers.next();
    const hello = first.done ? undefined : decodeLine<Message>(first.value);
    if (!hello || !("done" in hello)) {
      throw new SetupError(
        `The Dask cluster (${scheduler}) cannot be reached. Is its scheduler running, and has it the ` +
          "version of dask.distributed that tasks/requirements-dask.txt names?",
      );
    }
    const workers = new DaskWorkers(child, 2 * hello.done); // so that no machine waits for its next job
    workers.#listen(answers);
    return workers;
  }

  async compute(job: Job): Promise<KeptOutcome> {
    const answer = Promise.withResolvers<KeptOutcome>();
    this.#waiting.set(job.key, answer);
    try {
      await this.#stdin.write(new TextEncoder().encode(encodeLine(job)));
    } catch {
      answer.reject(new WorkerDied("the process that speaks with Dask has ended"));
    }
    return await answer.promise;
  }

  async close(): Promise<void> {
    await this.#stdin.close().catch(() => {});
    await this.#child.status;
  }

  async #listen(answers: AsyncGenerator<string>): Promise<void> {
    for await (const line of answers) {
      const message = decodeLine<Message>(line);
      const waiting = message && this.#waiting.get(message.key);
      if (!waiting) continue;
      if ("kept" in message) waiting.resolve(message.kept);
      else if ("error" in message) waiting.reject(new Error(message.error));
      this.#waiting.delete(message.key);
    }
    for (const { reject } of this.#waiting.values()) {
      reject(new Error("the process that speaks with Dask has ended"));
    }
  }
}
