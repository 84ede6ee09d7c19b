/**
 * `deno task compare FOLDER FOLDER`: says whether two runs of `reproduce` left the same bytes, and which files
 * differ, with the first value that does. Measured times may differ, so `timings/` is left out, and so are
 * the trainings kept in `runs/` and `weights/`, and notebooks, whose bars tell the time. For an honest comparison
 * the second run must not go on from the trainings of the first: move `runs/` and `weights/` away before.
 */
import { join } from "node:path";
import { pathOf, readWords } from "./arguments.ts";
import { main, SetupError } from "./run.ts";

/** What is not compared; names that begin with a dot are hidden work of a run. */
const leftOut = /^(\..*|timings|runs|weights|notebooks)$/;

/** Two results, file by file. */
export interface Compared {
  /** How many files are in both, with the same bytes. */
  readonly same: number;
  /** One sentence for each file that is in one folder only, or differs. */
  readonly differences: readonly string[];
}

function* filesIn(folder: string, path = ""): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(join(folder, path))) {
    if (leftOut.test(name)) continue;
    const inside = path === "" ? name : `${path}/${name}`;
    if (isDirectory) yield* filesIn(folder, inside);
    else yield inside;
  }
}

/** Compares all files of two folders of results by their bytes. */
export async function compareResults(first: string, second: string): Promise<Compared> {
  const before = new Set(filesIn(first)), after = new Set(filesIn(second));
  const differences: string[] = [];
  let same = 0;
  for (const path of [...before.union(after)].sort()) {
    if (!before.has(path) || !after.has(path)) {
      differences.push(`${path} is only in ${before.has(path) ? first : second}`);
      continue;
    }
    const [a, b] = [
      await Deno.readFile(join(first, path)),
      await Deno.readFile(join(second, path)),
    ];
    if (a.length === b.length && a.every((byte, i) => byte === b[i])) same++;
    else differences.push(`${path} differs: ${difference(path, a, b)}`);
  }
  return { same, differences };
}

/** The first value of a JSON file that differs, or the first line of another text, or the count of bytes. */
function difference(path: string, a: Uint8Array, b: Uint8Array): string {
  if (/\.(png|safetensors)$/.test(path)) return `${a.length} and ${b.length} bytes`;
  const [first, second] = [a, b].map((bytes) => new TextDecoder().decode(bytes));
  if (path.endsWith(".json")) {
    try {
      const found = firstDifference(JSON.parse(first!), JSON.parse(second!), "");
      if (found !== undefined) return found;
    } catch {
      // no JSON in spite of its name: compared as text
    }
  }
  const [before, after] = [first!.split("\n"), second!.split("\n")];
  const line = before.findIndex((text, i) => text !== after[i]);
  const at = line < 0 ? before.length : line;
  return `line ${at + 1}: ${shorten(before[at])} and ${shorten(after[at])}`;
}

function firstDifference(a: unknown, b: unknown, path: string): string | undefined {
  if (typeof a === "object" && typeof b === "object" && a !== null && b !== null) {
    const left = a as Record<string, unknown>, right = b as Record<string, unknown>;
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const found = firstDifference(left[key], right[key], `${path}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (a === b) return undefined;
  return `${path.slice(1)} is ${shorten(JSON.stringify(a))} and ${shorten(JSON.stringify(b))}`;
}

function shorten(text: string | undefined): string {
  if (text === undefined) return "nothing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

async function compare(): Promise<number> {
  const { words } = readWords("compare", Deno.args, {}, "two folders of results");
  const [first, second, ...more] = words.map(pathOf);
  if (first === undefined || second === undefined || more.length > 0) {
    throw new SetupError(`compare takes two folders of results, not ${words.length}`);
  }
  for (const folder of [first, second]) {
    const isFolder = await Deno.stat(folder).then((found) => found.isDirectory, () => false);
    if (!isFolder) throw new SetupError(`there is no folder ${folder}`);
  }
  if (await Deno.realPath(first) === await Deno.realPath(second)) {
    throw new SetupError(`${first} and ${second} are the same folder`);
  }
  const { same, differences } = await compareResults(first, second);
  for (const sentence of differences) console.log(sentence);
  console.log(`${same} files are the same, ${differences.length} are not`);
  if (same === 0) throw new SetupError("there are no results in both folders");
  return differences.length === 0 ? 0 : 1;
}

if (import.meta.main) await main(compare);
