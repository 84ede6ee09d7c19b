/** The Python environment with what the bench and the witnesses compare with. */
import { join } from "node:path";
import { exists, projectRoot, sha256, writeAtomic } from "../lib/util/files.ts";
import { createVenv, pip, programOf } from "../tasks/python.ts";
import { step } from "../tasks/run.ts";

/** Its folder. */
const benchVenv: string = join(projectRoot, ".venv-bench");

/** Its interpreter. */
export const benchPython: string = programOf(benchVenv, "python");

/** Where PyTorch has its builds without CUDA, which PyPI has not. */
const torchIndex = "https://download.pytorch.org/whl/cpu";

/**
 * Installs bench/requirements.txt and bench/requirements-torch.txt, unless that has been done. pip compares the
 * hash of every package that it installs.
 */
export async function setupBenchPython(): Promise<void> {
  const lists = ["requirements.txt", "requirements-torch.txt"]
    .map((name) => join(projectRoot, "bench", name));
  const [packages, torch] = lists as [string, string];
  const stamp = join(benchVenv, "installed");
  const texts = await Promise.all(lists.map((list) => Deno.readTextFile(list)));
  const wanted = await sha256(texts.join("\n"));
  if (await exists(stamp) && await Deno.readTextFile(stamp) === wanted) return;
  await step("Python packages of bench/requirements*.txt into .venv-bench", async () => {
    await createVenv(benchVenv);
    const install = ["install", "--quiet", "--require-hashes"];
    await pip(benchPython, [...install, "-r", packages], "bench/requirements.txt");
    // one package alone is asked for there: a name that PyPI and another index both have may be anybody's
    const ofTorch = ["--no-deps", "--extra-index-url", torchIndex, "-r", torch];
    await pip(benchPython, [...install, ...ofTorch], "bench/requirements-torch.txt");
    await writeAtomic(stamp, wanted);
  });
}
