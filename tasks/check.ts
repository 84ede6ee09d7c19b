/**
 * `deno task check`: format, lint and types of all code, notebooks included. Deno does not lint or
 * type-check notebooks, so the code cells of a notebook are joined into a module, which stands beside
 * it while it is checked.
 */
import { basename, dirname, join } from "node:path";
import { projectRoot } from "../lib/util/files.ts";
import { notebookPaths } from "./execute.ts";
import { takeNoArguments } from "./arguments.ts";
import { main } from "./run.ts";

/** A notebook's code as one module, and which cell each of its lines comes from. */
export interface JoinedNotebook {
  readonly source: string;
  /** [code cell, line within it], both from 1, by the module's line from 0. */
  readonly origin: readonly (readonly [cell: number, line: number])[];
}

/** Joins the code cells of a notebook's JSON. */
export function joinCells(json: string): JoinedNotebook {
  const cells = (JSON.parse(json).cells as { cell_type: string; source: string | string[] }[])
    .filter(({ cell_type }) => cell_type === "code");
  const lines: string[] = [];
  const origin: [number, number][] = [];
  cells.forEach(({ source }, cell) => {
    const text = Array.isArray(source) ? source.join("") : source;
    text.split("\n").forEach((line, i) => {
      lines.push(line);
      origin.push([cell + 1, i + 1]);
    });
  });
  return { source: lines.join("\n") + "\nexport {};\n", origin };
}

/** Writes a notebook's code as a module beside it, which stands there until `work` has ended. */
async function withModules<T>(
  paths: readonly string[],
  work: (modules: readonly string[]) => Promise<T>,
): Promise<T> {
  const modules: string[] = [];
  try {
    for (const path of paths) {
      const module = moduleOf(path);
      await Deno.writeTextFile(module, joinCells(await Deno.readTextFile(path)).source);
      modules.push(module);
    }
    return await work(modules);
  } finally {
    for (const module of modules) await Deno.remove(module);
  }
}

const moduleOf = (path: string) => join(dirname(path), `.check_${basename(path, ".ipynb")}.ts`);

/**
 * Type-checks and lints a notebook's code, and compares its format with what `deno fmt` would write
 * (`deno fmt --check` finds fault with notebooks that it would leave as they are).
 * @returns the findings, with places given by cell; empty if there are none
 */
export async function checkNotebook(path: string): Promise<string> {
  const { origin } = joinCells(await Deno.readTextFile(path));
  const name = basename(path, ".ipynb");
  const results = await withModules([path], async (modules) => [
    await checkFormat(path),
    ...await checkModules(modules),
  ]);
  return results.filter(({ code }) => code !== 0).map(({ text }) =>
    text.replaceAll(/[^\s(]*\.check_\w+\.ts:(\d+):(\d+)/g, (_, line, column) => {
      const [cell, own] = origin[Number(line) - 1] ?? [origin.length, 1];
      return `${name}.ipynb, code cell ${cell}, line ${own}:${column}`;
    })
  ).join("\n");
}

/**
 * `checkNotebook` for several, all together first: that takes little longer than one. Only where something is
 * found, each is checked by itself, so that the findings are its own.
 * @param modules whose types are checked together with the notebooks'
 * @returns the findings of each notebook, and of the modules under the name "modules"
 */
export async function checkNotebooks(
  paths: readonly string[],
  modules: readonly string[] = [],
): Promise<Map<string, string>> {
  const together = await withModules(paths, async (own) => [
    ...await Promise.all(paths.map(checkFormat)),
    ...await checkModules(own, modules),
  ]);
  const areClean = together.every(({ code }) => code === 0);
  if (!areClean && modules.length > 0) {
    const { code, text } = await checkTypes(modules);
    return (await checkNotebooks(paths)).set("modules", code === 0 ? "" : text);
  }
  const findings = new Map(modules.length > 0 ? [["modules", ""]] : []);
  for (const path of paths) findings.set(path, areClean ? "" : await checkNotebook(path));
  return findings;
}

const checkTypes = (modules: readonly string[]) => deno(["check", "--quiet", ...modules]);

/** Types and lint of modules; of others beside them the types alone. */
async function checkModules(
  modules: readonly string[],
  others: readonly string[] = [],
): Promise<{ code: number; text: string }[]> {
  return [await checkTypes([...modules, ...others]), await deno(["lint", "--quiet", ...modules])];
}

async function checkFormat(path: string): Promise<{ code: number; text: string }> {
  const formatter = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "ipynb", "-"],
    cwd: projectRoot,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const notebook = await Deno.readTextFile(path);
  const output = formatter.output();
  const writer = formatter.stdin.getWriter();
  await writer.write(new TextEncoder().encode(notebook));
  await writer.close();
  const formatted = new TextDecoder().decode((await output).stdout);
  const text = `${basename(path)} is not formatted; run deno fmt`;
  return { code: formatted === notebook ? 0 : 1, text };
}

async function deno(args: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: projectRoot,
    env: { NO_COLOR: "1" },
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, text: decode(stdout) + decode(stderr) };
}

/** Where the kernels' AssemblyScript sources are. */
const assemblyFolders = ["lib/kernels/assembly", "lib/kernels/tensor/assembly"];

async function check(): Promise<number> {
  let failures = 0;
  for (
    const args of [
      [
        "fmt",
        "--check",
        "lib",
        "bench",
        "tasks",
        "tests",
        "data/README.md",
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "REPRODUCIBILITY.md",
        ".github",
        "deno.json",
      ],
      ["lint"],
      [
        "check",
        "lib",
        "bench",
        "tasks",
        "tests",
      ],
    ]
  ) {
    const { code, text } = await deno(args);
    console.log(`deno ${args.join(" ")}: ${code === 0 ? "clean" : "\n" + text}`);
    if (code !== 0) failures++;
  }
  for (const folder of assemblyFolders) {
    // deno.json leaves these out, because they are no TypeScript: the format has to be asked for by name
    const sources = [...Deno.readDirSync(join(projectRoot, folder))].map(({ name }) => name);
    const files = sources.sort().map((name) => `${folder}/${name}`);
    const args = ["fmt", "--check", "--no-config", "--line-width", "100", ...files];
    const { code, text } = await deno(args);
    console.log(`deno fmt --check ${folder}: ${code === 0 ? "clean" : "\n" + text}`);
    if (code !== 0) failures++;
  }
  for (const [path, findings] of await checkNotebooks(notebookPaths())) {
    console.log(`${basename(path)}: ${findings === "" ? "clean" : "\n" + findings}`);
    if (findings !== "") failures++;
  }
  return failures === 0 ? 0 : 1;
}

if (import.meta.main) {
  await main(() => {
    takeNoArguments("check");
    return check();
  });
}
