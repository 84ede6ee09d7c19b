import { join } from "node:path";
import { type Claim, claimFile } from "../util/file_claim.ts";
import { exists, writeNew } from "../util/files.ts";
import { readTextFile, remove } from "../util/platform.ts";
import { nameNonFinite, readNonFinite } from "../util/non_finite_json.ts";
import { checkOutcome } from "./check_outcome.ts";
import type { KeptOutcome } from "./run_outcome.ts";

/**
 * Keeps outcomes in a folder, each in a file of its own under its key. An outcome that is there is never
 * replaced, and a claim keeps two processes from computing the same one.
 */
export class OutcomeStore {
  readonly #folder: string;

  /**
   * A store in a results folder, which need not exist yet.
   * @param results folder of the results; outcomes are kept in its `outcomes`
   */
  constructor(results: string) {
    this.#folder = join(results, "outcomes");
  }

  /** Where the outcome of a key is kept, whether it is there or not. */
  path(key: string): string {
    return join(this.#folder, `${key.slice(0, 32)}.json`);
  }

  /**
   * Reads the outcome of a key.
   * @returns undefined if there is none
   * @throws Error naming the file if it is damaged or holds another outcome
   */
  async get(key: string): Promise<KeptOutcome | undefined> {
    const path = this.path(key);
    if (!await exists(path)) return undefined;
    const text = await readTextFile(path);
    let given: unknown;
    try {
      given = JSON.parse(text, readNonFinite);
    } catch (error) {
      throw new Error(`${path} is damaged (${(error as Error).message}); delete it`);
    }
    const kept = await checkOutcome(given, path);
    if (kept.outcome.key !== key) throw new Error(`${path} holds another outcome; delete it`);
    return kept;
  }

  /** Writes an outcome whole, unless there is one of its key. @returns whether it was written */
  async put(kept: KeptOutcome): Promise<boolean> {
    const path = this.path(kept.outcome.key);
    return await writeNew(path, JSON.stringify(kept, nameNonFinite) + "\n");
  }

  /** Takes an outcome away, so that it is computed again. */
  async remove(key: string): Promise<void> {
    if (await exists(this.path(key))) await remove(this.path(key));
  }

  /** Claims the right to compute a key. @returns undefined if another process has it */
  async claim(key: string): Promise<Claim | undefined> {
    return await claimFile(`${this.path(key)}.claim`);
  }
}
