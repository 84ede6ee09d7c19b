import { join } from "node:path";
import type { RunData } from "../runs/run.ts";
import { sourceDigest } from "../runs/run_store.ts";
import { exists, sha256, writeAtomic } from "../util/files.ts";
import type { OnProgress } from "../util/progress.ts";
import { runTrial, type Trial, type TrialResult } from "./trial.ts";

/**
 * Runs trials, and keeps what they gave, so that the same trial on the same images with the same code
 * is not run again.
 */
export class TrialStore {
  readonly #path: string;
  #known: Record<string, TrialResult> | undefined;
  #code: string | undefined;

  /** @param results folder of the experiment's results */
  constructor(results: string) {
    this.#path = join(results, "runs", "trials.json");
  }

  /** The result of a trial, from the store or from running it now. */
  async run(
    data: RunData,
    trial: Trial,
    seed: number,
    onProgress?: OnProgress,
  ): Promise<TrialResult> {
    const known = this.#known ??= await this.#read();
    this.#code ??= await sourceDigest([
      ...["lib/pixels", "lib/model", "lib/kernels", "lib/backend", "lib/systems", "lib/util"],
      ...["examine", "published", "trial"].map((name) => `lib/diagnosis/${name}.ts`),
    ]);
    const pixels = [data.train.key, data.val.key, data.test.key];
    const key = await sha256(JSON.stringify([pixels, trial, seed, this.#code]));
    const found = known[key];
    if (found) return found;
    const result = known[key] = await runTrial(data, trial, seed, onProgress);
    await writeAtomic(this.#path, JSON.stringify(known, nameNonFinite));
    return JSON.parse(JSON.stringify(result, nameNonFinite), readNonFinite);
  }

  async #read(): Promise<Record<string, TrialResult>> {
    if (!await exists(this.#path)) return {};
    try {
      return JSON.parse(await Deno.readTextFile(this.#path), readNonFinite);
    } catch (error) {
      throw new Error(
        `${this.#path} is damaged (${
          (error as Error).message
        }); delete it, and the trials run again`,
        { cause: error },
      );
    }
  }
}

/** A collapsed run may end at NaN, which JSON does not know. */
function nameNonFinite(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? `number ${value}` : value;
}

function readNonFinite(_: string, value: unknown): unknown {
  return typeof value === "string" && value.startsWith("number ") ? Number(value.slice(7)) : value;
}
