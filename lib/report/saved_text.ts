import { join } from "node:path";
import { projectRoot } from "../util/files.ts";
import { isMissing, readTextFile } from "../util/platform.ts";

/** A file that a task left in the project's results. */
export interface SavedText {
  /** Where it stands, for messages. */
  readonly path: string;
  /** What it holds. */
  readonly text: string;
}

/** Reads a file below `results/`, or below another folder; undefined if it is not there. */
export async function savedText(
  name: string,
  folder: string = join(projectRoot, "results"),
): Promise<SavedText | undefined> {
  const path = join(folder, name);
  try {
    return { path, text: await readTextFile(path) };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
