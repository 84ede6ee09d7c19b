import { basename, join } from "node:path";
import { projectRoot } from "../lib/util/files.ts";
import { jupyterEnvironment, venvPython } from "./python.ts";
import { run } from "./run.ts";

/** All notebooks in their order. */
export function notebookPaths(): string[] {
  const folder = join(projectRoot, "notebooks");
  return [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => /^\d.*\.ipynb$/.test(name)).sort().map((name) => join(folder, name));
}

/**
 * Runs a notebook through the Deno kernel and writes it, outputs and all, to `folder`.
 * @param owned folders that are removed if this process ends before the notebook does
 * @param begin when the first cell runs; until then the kernel starts, and loads what the cells import
 * @param parameters values that take the place of those in the notebook's first cell, as TypeScript
 * @throws SetupError naming the cell if one fails; nothing is written then
 */
export async function executeNotebook(
  path: string,
  folder: string,
  env: Record<string, string> = {},
  owned: readonly string[] = [],
  begin: Promise<void> = Promise.resolve(),
  parameters: Readonly<Record<string, string | number>> = {},
): Promise<string> {
  const out = join(folder, basename(path));
  const script = join(projectRoot, "tasks", "execute.py");
  const given = Object.entries(parameters).flatMap(([name, value]) => ["-p", name, `${value}`]);
  const args = [script, path, "--out", out, ...given, "--wait", "--guard", ...owned];
  // it ends with this process, however that ends, and its kernel with it
  await run(venvPython, args, {
    endsWithUs: true,
    begin,
    env: {
      ...jupyterEnvironment(),
      DENO_NO_UPDATE_CHECK: "1",
      LENET_PARAMETERS: "none", // what somebody tried in JupyterLab counts only there
      ...env,
    },
    advice: `${basename(path)} did not run to its end; the reason stands above.`,
  });
  return out;
}
