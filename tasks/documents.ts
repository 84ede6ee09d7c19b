/** The pages that tell users what this project does; their numbers and examples are tested. */
import { join } from "node:path";
import { projectRoot } from "../lib/util/files.ts";

/** Paths of the pages, from the project's folder. The README comes first and leads to the others. */
export const documents: readonly string[] = [
  "README.md",
  "lib/README.md",
  "bench/README.md",
  "tasks/README.md",
  "data/README.md",
];

/** The text of one page. */
export async function documentText(path: string): Promise<string> {
  return await Deno.readTextFile(join(projectRoot, path));
}

/** The text of all pages, one after the other. */
export async function documentation(): Promise<string> {
  return (await Promise.all(documents.map(documentText))).join("\n");
}
