import { join } from "node:path";
import { exists, projectRoot, writeAtomic } from "../util/files.ts";
import { readFolder, readTextFile } from "../util/platform.ts";
import type { SearchTurn } from "./search_space.ts";

/** One training of a search. */
export interface Trial {
  /** Which training, with which images; see `runKey`. */
  readonly key: string;
  /** Name of the candidate. */
  readonly candidate: string;
  /** How long it trained. */
  readonly epochs: number;
  /** Seed of the starting weights and of the order of the images. */
  readonly seed: number;
  /** Top-1, from 0 to 1, on the images that candidates are ranked on. */
  readonly top1: number;
  /** Top-5 on the same images. */
  readonly top5: number;
  /** Seconds of its training. */
  readonly seconds: number;
  /** Seconds in which its teacher was trained and asked, if it has one. */
  readonly teacherSeconds?: number;
  /** The day on which it ended, as in 2026-01-31. */
  readonly date: string;
}

/** One of the trainings with the recipe that a search chose, on all training images. */
export interface FinalRun extends Trial {
  /** How many threads it had; older logs do not tell. */
  readonly threads?: number;
  /** Scores on the test images, which no choice was made on. */
  readonly test: { readonly top1: number; readonly top5: number; readonly images: number };
  /** Scores with one view of each test image, where the recipe predicts from `views` of them. */
  readonly testOneView?: { readonly top1: number; readonly top5: number; readonly views: number };
}

/** All that a search did. */
export interface SearchLog {
  /** Which of the project's own searches it is of; older logs do not tell. */
  readonly turn?: SearchTurn;
  /** Name of the data set. */
  readonly data: string;
  /** Images that each candidate trained on. */
  readonly trainImages: number;
  /** How many images candidates are ranked on: held-out training images and the validation images. */
  readonly chosenBy: number;
  /** How many of them are validation images, on which final runs are measured; older logs do not tell. */
  readonly valImages?: number;
  /** The trainings in the order in which they ended. */
  readonly trials: readonly Trial[];
  /** The candidates that went on after each round, the best first. */
  readonly kept: readonly (readonly string[])[];
  /** Runs with the chosen recipe. */
  readonly final: readonly FinalRun[];
}

/** The number that candidates are ranked by: the mean of top-1 and top-5 on the same images. */
export function rankingScore({ top1, top5 }: Pick<Trial, "top1" | "top5">): number {
  return (top1 + top5) / 2;
}

const isShare = (x: unknown) => typeof x === "number" && x >= 0 && x <= 1;

/** Reads a search's log. @returns undefined if there is none @throws Error naming a damaged file */
export async function readSearchLog(path: string): Promise<SearchLog | undefined> {
  if (!await exists(path)) return undefined;
  try {
    const log = JSON.parse(await readTextFile(path)) as SearchLog;
    if (!Array.isArray(log.trials) || !Array.isArray(log.final)) throw new Error("no trials");
    // an accuracy that is missing would be NaN, and the order of the candidates by chance
    for (const { key, top1, top5 } of [...log.trials, ...log.final]) {
      if (typeof key !== "string" || !isShare(top1) || !isShare(top5)) {
        throw new Error("a broken trial");
      }
    }
    return log;
  } catch (cause) {
    throw new Error(`${path} is no log of a search; delete it to search anew`, { cause });
  }
}

/** The logs of all searches, in the order of their files' names. @throws as `readSearchLog` does */
export async function readSearchLogs(
  folder: string = join(projectRoot, "results", "search"),
): Promise<SearchLog[]> {
  if (!await exists(folder)) return [];
  const names = (await readFolder(folder)).map(({ name }) => name);
  const files = names.filter((name) => name.endsWith(".json")).sort();
  const logs = await Promise.all(files.map((name) => readSearchLog(join(folder, name))));
  return logs.filter((log) => log !== undefined);
}

/** Writes a search's log, whole or not at all. */
export async function writeSearchLog(path: string, log: SearchLog): Promise<void> {
  await writeAtomic(path, JSON.stringify(log, undefined, 2) + "\n");
}

/** A search's log with the trials of an earlier search, so that the same training is not repeated. */
export function joinedLogs(
  own: SearchLog | undefined,
  earlier: SearchLog | undefined,
): SearchLog | undefined {
  if (!own || !earlier) return own ?? (earlier && { ...earlier, final: [] });
  return { ...own, trials: [...own.trials, ...earlier.trials] };
}
