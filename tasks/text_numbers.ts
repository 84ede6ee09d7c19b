/**
 * Numbers in a text: those of results are bound to a file in `results/`, all others are listed as facts. What
 * is neither is found here, and what is out of date is put right.
 */
import { join } from "node:path";
import { projectRoot } from "../lib/util/files.ts";

/** A row of a table in `results/`, as JSON has it. */
export type Row = Readonly<Record<string, unknown>>;

/** Numbers of a text that are those of a results file. */
export interface Binding {
  /** The file in `results/`. */
  readonly file: string;
  /** The words around the numbers; each group in it is a number. */
  readonly words: RegExp;
  /** What the groups must say, from the file's rows. */
  readonly values: (rows: readonly Row[]) => readonly string[];
}

/** A number that is no result of a file, in words that stand in the text. */
export interface Fact {
  /** Where it comes from. */
  readonly source: "the paper" | "the code" | "other things' names" | "measured by hand";
  /** The words with the number. */
  readonly words: readonly string[];
}

/** The text of a notebook's Markdown cells, without formulas. */
export function notebookProse(notebook: string): string {
  const { cells } = JSON.parse(notebook) as {
    readonly cells: readonly { readonly cell_type: string; readonly source: readonly string[] }[];
  };
  return cells.filter(({ cell_type }) => cell_type === "markdown")
    .map(({ source }) => source.join("")).join("\n\n")
    .replace(/\$\$[\s\S]*?\$\$|\$[^$]*\$/g, " ");
}

/** Text without what is no prose: code, and where links and images lead. */
export function prose(markdown: string): string {
  return markdown
    .replace(/```[\s\S]*?```/g, (code) => code.replace(/[^\n]/g, " "))
    .replace(/``.*?``|`[^`\n]*`/g, (code) => " ".repeat(code.length))
    .replace(/\]\([^)]*\)/g, (target) => "]" + " ".repeat(target.length - 1));
}

/** The rows of a file in `results/`; of a search's log, its final trainings. */
export async function resultRows(file: string): Promise<readonly Row[]> {
  const { rows, final } = JSON.parse(await Deno.readTextFile(join(projectRoot, "results", file)));
  return rows ?? final;
}

/** A binding whose numbers the text does not have. */
export interface Stale {
  readonly binding: Binding;
  /** What the text says, undefined if it has no such words. */
  readonly found: readonly string[] | undefined;
  /** What the results say. */
  readonly wanted: readonly string[];
}

/** The bindings whose numbers are not those of the results. */
export async function staleNumbers(text: string, bindings: readonly Binding[]): Promise<Stale[]> {
  const stale: Stale[] = [];
  for (const binding of bindings) {
    const wanted = binding.values(await resultRows(binding.file));
    const found = text.match(binding.words)?.slice(1);
    if (found?.join() !== wanted.join()) stale.push({ binding, found, wanted });
  }
  return stale;
}

/** The text with the results' numbers in it. @throws Error if words are missing in it */
export async function renewNumbers(text: string, bindings: readonly Binding[]): Promise<string> {
  let renewed = text;
  for (const { binding, found, wanted } of await staleNumbers(text, bindings)) {
    if (!found) throw new Error(`the text has no words like ${binding.words}`);
    renewed = renewed.replace(binding.words, (whole) => {
      let rest = whole, done = "";
      found.forEach((old, i) => {
        const at = rest.indexOf(old);
        done += rest.slice(0, at) + wanted[i]!.padStart(old.length);
        rest = rest.slice(at + old.length);
      });
      return done + rest;
    });
  }
  return renewed;
}

/** The numbers of a text that are in no list, each with the words around it. */
export function unlistedNumbers(
  markdown: string,
  bindings: readonly Binding[],
  facts: readonly Fact[],
): string[] {
  let text = prose(markdown).replace(/[ \t]*\n[ \t]*/g, "\n");
  const blank = (whole: string) => whole.replace(/\d/g, "·");
  for (const { words } of bindings) {
    text = text.replace(words, (whole, ...groups) => {
      let rest = whole;
      for (const group of groups.filter((part): part is string => typeof part === "string")) {
        if (/^\d/.test(group) && group.length < whole.length) {
          rest = rest.replace(group, blank(group));
        }
      }
      return rest;
    });
  }
  for (const fact of facts.flatMap(({ words }) => words).toSorted((a, b) => b.length - a.length)) {
    const pattern = fact.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+");
    text = text.replace(new RegExp(pattern, "g"), blank);
  }
  return [...text.matchAll(/\d[\d.,]*/g)].map(({ index, 0: found }) =>
    `${found} in "…${text.slice(Math.max(0, index - 30), index + 30).replace(/\s+/g, " ")}…"`
  );
}
