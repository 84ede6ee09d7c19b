/** The Python environment with what the bench and the witnesses compare with. */
import { join } from "node:path";
import { exists, projectRoot, sha256, writeAtomic } from "../lib/util/files.ts";
import { createVenv, pip, programOf } from "../tasks/python.ts";
import { step } from "../tasks/run.ts";

/** Its folder. */
export const benchVenv: string = join(projectRoot, ".venv-bench");

/** Its interpreter. */
export const benchPython: string = programOf(benchVenv, "python");

/** Installs bench/requirements.txt, unless that has been done. */
export async function setupBenchPython(): Promise<void> {
  const list = join(projectRoot, "bench", "requirements.txt");
  const stamp = join(benchVenv, "installed");
  const wanted = await sha256(await Deno.readTextFile(list));
  if (await exists(stamp) && await Deno.readTextFile(stamp) === wanted) return;
  await step("Python packages of bench/requirements.txt into .venv-bench", async () => {
    await createVenv(benchVenv);
    await pip(benchPython, ["install", "--quiet", "-r", list], "bench/requirements.txt");
    await writeAtomic(stamp, wanted);
  });
}
