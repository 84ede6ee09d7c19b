import { basename, join } from "node:path";
import { exists, writeAtomic } from "../util/files.ts";
import { readTextFile } from "../util/platform.ts";
import { nameNonFinite, readNonFinite } from "../util/non_finite_json.ts";
import { checkOutcome } from "./check_outcome.ts";
import type { KeptOutcome } from "./run_outcome.ts";

/** An entry of a sweep and its outcomes, one for each seed. */
export interface SweptEntry {
  /** Name of the entry in its list. */
  readonly name: string;
  /** One outcome for each seed, in the order of the seeds. */
  readonly outcomes: readonly KeptOutcome[];
}

/** The two files of a list: what was computed, and how it came about. */
function paths(
  results: string,
  list: string,
): { readonly outcomes: string; readonly made: string } {
  return {
    outcomes: join(results, `sweep_${list}.json`),
    made: join(results, `sweep_${list}_made.json`),
  };
}

/**
 * Writes all outcomes of a list into two files: `sweep_<list>.json` with what was computed, which comes
 * out the same each time, and `sweep_<list>_made.json` with seconds, dates and the code's digests.
 */
export async function writeSweep(
  results: string,
  list: string,
  entries: readonly SweptEntry[],
): Promise<void> {
  const { outcomes, made } = paths(results, list);
  const text = (pick: (kept: KeptOutcome) => unknown) => {
    const parts = entries.map(({ name, outcomes }) => {
      const runs = outcomes.map((kept) => JSON.stringify(pick(kept), nameNonFinite));
      return `{"name": ${JSON.stringify(name)}, "runs": [\n${runs.join(",\n")}\n]}`;
    });
    return `[\n${parts.join(",\n")}\n]\n`; // one run a line, so that differences can be read
  };
  await writeAtomic(made, text((kept) => kept.made));
  await writeAtomic(outcomes, text((kept) => kept.outcome));
}

/**
 * Reads what `writeSweep` has written.
 * @returns undefined if there is no such file
 * @throws Error naming the file if it is damaged, or if the second of the two files is missing
 */
export async function readSweep(
  results: string,
  list: string,
): Promise<readonly SweptEntry[] | undefined> {
  const { outcomes, made } = paths(results, list);
  if (!await exists(outcomes)) return undefined;
  if (!await exists(made)) {
    throw new Error(`${made} is missing beside ${basename(outcomes)}; run the sweep again`);
  }
  const [whats, hows] = [await read(outcomes), await read(made)];
  return await Promise.all(whats.map(async ({ name, runs }, at) => {
    const origins = hows[at]?.name === name ? hows[at].runs : [];
    const kept = runs.map((outcome, i) =>
      checkOutcome({ outcome, made: origins[i] }, `${outcomes} (${name}, run ${i + 1})`)
    );
    return { name, outcomes: await Promise.all(kept) };
  }));
}

interface WrittenEntry {
  readonly name: string;
  readonly runs: readonly unknown[];
}

async function read(path: string): Promise<readonly WrittenEntry[]> {
  try {
    return JSON.parse(await readTextFile(path), readNonFinite);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`${path} is damaged: ${error.message}`);
    throw error;
  }
}
