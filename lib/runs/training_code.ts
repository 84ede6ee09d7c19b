/** Digests of source code. A result that other code has made is not taken for that of the code at hand. */
import { join } from "node:path";
import { codeRoot, sha256 } from "../util/files.ts";
import { readFile, readFolder } from "../util/platform.ts";

/** Folders and files of the code that a run's result depends on. */
export const trainingSources: readonly string[] = [
  ...["pixels", "model", "kernels", "backend", "systems", "util"].map((name) => `lib/${name}`),
  ...[
    "run",
    "train_run",
    "untrained_system",
    "teach",
    "faulty_numpy",
    "saturating_weights",
    "sort_by_class",
    "swapped_loss",
    "wrong_input_gradient",
  ].map((name) => `lib/runs/${name}.ts`),
];

/** Digest of the code that a run's result depends on. */
export async function trainingCode(): Promise<string> {
  return await sourceDigest(trainingSources);
}

/** Sources are TypeScript in the project, and JavaScript in its package. */
const ending = import.meta.url.endsWith(".js") ? ".js" : ".ts";

/**
 * Digest of the source files under some paths of the project. Where the code came from a server it is the digest
 * of the address.
 */
export async function sourceDigest(paths: readonly string[]): Promise<string> {
  if (codeRoot === undefined) return await sha256(import.meta.url);
  const folder = codeRoot, digests: string[] = [];
  const visit = async (path: string): Promise<void> => {
    if (path.endsWith(ending)) {
      digests.push(path, await sha256(await readFile(join(folder, path))));
      return;
    }
    const names: string[] = [];
    for (const { name, isDirectory } of await readFolder(join(folder, path))) {
      if (isDirectory || name.endsWith(ending)) names.push(name);
    }
    for (const name of names.sort()) await visit(`${path}/${name}`);
  };
  for (const path of paths) await visit(path.replace(/\.ts$/, ending));
  return await sha256(digests.join("\n"));
}
