import { join } from "node:path";
import { type Architecture, parameterShapes } from "../model/architecture.ts";
import { decodeSafetensors, encodeSafetensors } from "../model/safetensors.ts";
import type { SystemName } from "../systems/system.ts";
import { checkWeights } from "../model/weights.ts";
import { exists, projectRoot, sha256, writeAtomic } from "../util/files.ts";
import type { Run, RunData, RunOptions } from "./run.ts";

/**
 * What a run depends on, as one digest: the images, the options, the network, and the code that
 * trains. A saved run with another key is out of date and is not used.
 */
export async function runKey(
  system: SystemName,
  architecture: Architecture,
  data: RunData,
  options: RunOptions,
): Promise<string> {
  const pixels = [data.train.key, data.val.key, data.test.key];
  const code = await sourceDigest([
    "lib/pixels",
    "lib/model",
    "lib/kernels",
    "lib/backend",
    "lib/systems",
    "lib/runs/run.ts",
    "lib/util",
  ]);
  return await sha256(JSON.stringify([system, architecture, pixels, options, code]));
}

/** Digest of the source files under some paths of the project. */
export async function sourceDigest(paths: readonly string[]): Promise<string> {
  const digests: string[] = [];
  const visit = async (path: string): Promise<void> => {
    if (path.endsWith(".ts")) {
      digests.push(path, await sha256(await Deno.readFile(join(projectRoot, path))));
      return;
    }
    const names: string[] = [];
    for await (const { name, isDirectory } of Deno.readDir(join(projectRoot, path))) {
      if (isDirectory || name.endsWith(".ts")) names.push(name);
    }
    for (const name of names.sort()) await visit(`${path}/${name}`);
  };
  for (const path of paths) await visit(path);
  return await sha256(digests.join("\n"));
}

/** Where the run of a system is kept, and its weights alone for others to use. */
function runPath(folder: string, system: SystemName, options?: RunKind): string {
  const kind = options?.name === undefined ? "" : `-${options.name}-${options.seed}`;
  return join(folder, "runs", `${system}${kind}.safetensors`);
}

/** What tells two kept runs of a system apart. */
type RunKind = Pick<RunOptions, "name" | "seed">;

/** Writes a run, whole or not at all: its weights as safetensors, the rest in their metadata. */
export async function saveRun(folder: string, run: Run, key: string): Promise<void> {
  const { weights, ...rest } = run;
  const bytes = encodeSafetensors(weights, { key, run: JSON.stringify(rest) });
  await writeAtomic(runPath(folder, run.system, run.options), bytes);
}

/**
 * Reads a saved run.
 * @param options of a run with a name
 * @returns undefined if there is none or it was made from other images, options or code
 * @throws Error naming the file if it is damaged
 */
export async function loadRun(
  folder: string,
  system: SystemName,
  architecture: Architecture,
  key: string,
  options?: RunKind,
): Promise<Run | undefined> {
  const path = runPath(folder, system, options);
  if (!await exists(path)) return undefined;
  const { weights, metadata } = decodeSafetensors(await Deno.readFile(path), path);
  if (metadata.key !== key || metadata.run === undefined) return undefined;
  checkWeights(architecture, weights);
  // a JSON header may list the arrays in any order; keep the network's
  const ordered = parameterShapes(architecture).map(({ name }) => [name, weights[name]!]);
  return { ...JSON.parse(metadata.run), weights: Object.fromEntries(ordered) };
}
