/** The TypeScript examples of the documentation, as they are written. */
import { join } from "node:path";
import config from "../deno.json" with { type: "json" };
import { projectRoot } from "../lib/util/files.ts";
import { documents } from "../tasks/documents.ts";

/** An example and where it stands. */
export interface Example {
  readonly where: string;
  readonly code: string;
}

/** Paths of the entries that `deno.json` names, relative to the project. */
export const entries: readonly string[] = Object.values(config.exports);

/** The blocks of Markdown that are marked `ts`, or as another language. */
export function blocksOf(
  markdown: string,
  language = "ts",
): { readonly line: number; readonly code: string }[] {
  const block = new RegExp("^```" + language + "\\n([^]*?)^```$", "gm");
  return [...markdown.matchAll(block)].map((found) => ({
    line: markdown.slice(0, found.index).split("\n").length,
    code: found[1]!,
  }));
}

/** The examples of the Markdown files and of the heads of the entries. */
export async function examples(): Promise<Example[]> {
  const found: Example[] = [];
  for (const path of [...documents, "CONTRIBUTING.md", ...entries]) {
    let text = await Deno.readTextFile(join(projectRoot, path));
    // the head of an entry is a comment whose lines begin with an asterisk
    if (path.endsWith(".ts")) text = text.split(" */")[0]!.replaceAll(/^ \* ?/gm, "");
    for (const { line, code } of blocksOf(text)) found.push({ where: `${path}:${line}`, code });
  }
  return found;
}
