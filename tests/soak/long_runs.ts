/** Long trainings and many systems: what they keep of the memory, and how much a notebook grows. */
import { basename, join } from "node:path";
import { projectRoot } from "../../lib/util/files.ts";
import { executeNotebook } from "../../tasks/execute.ts";
import type { SystemName } from "../../lib/systems/system.ts";
import type { Attacked } from "./attacks.ts";
import type { Measured } from "./long_training.ts";

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);

/**
 * Growth over 400 repetitions that is no leak of a system's memory, in MiB: one system holds 32 MiB and
 * more, and every one that leaked would count.
 */
const ALLOWED = { resident: 40, heap: 4 } as const;

/** 600 epochs, then 600 systems made, trained and disposed of, in a process of its own. */
export async function longRun(system: SystemName): Promise<Attacked[]> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-P=test", "--no-check", "--quiet", "--v8-flags=--expose-gc"]
      .concat("tests/soak/long_training.ts", system),
    cwd: projectRoot,
    stderr: "inherit",
  }).output();
  if (!success) {
    return [{ kind: `long runs: ${system}`, count: 0, outcome: "it has failed", isSound: false }];
  }
  const measured: Record<"epochs" | "systems", Measured> = JSON.parse(
    new TextDecoder().decode(stdout).trim().split("\n").at(-1)!,
  );
  return Object.entries(measured).map(([what, { count, from, resident, heap, tensors }]) => ({
    kind: what === "epochs" ? `epochs in a script: ${system}` : `systems made in turn: ${system}`,
    count,
    outcome: `from number ${from} on ${mebibytes(resident)} MiB more resident memory, ` +
      `${mebibytes(heap)} MiB more of objects` +
      (tensors === undefined ? "" : `, ${tensors} more tensors`),
    isSound: resident / 2 ** 20 < ALLOWED.resident && heap / 2 ** 20 < ALLOWED.heap &&
      (tensors ?? 0) === 0,
  }));
}

/** 200 epochs in a notebook, whose output must not grow with them. */
export async function longNotebook(): Promise<Attacked[]> {
  const path = join(projectRoot, "notebooks", ".check_soak.ipynb");
  const out = await Deno.makeTempDir();
  const size = async (epochs: number) => {
    const source = `import { lenet5, runConfiguration, trainRun } from "@lenet/three-ways";
import { progress } from "@lenet/three-ways/report";
import { runData } from "../tests/runs/pixels.ts";
const configuration = runConfiguration({
  system: "numpy", architecture: lenet5(5), batchSize: 4, epochs: ${epochs},
});
const run = await trainRun(configuration, runData(), { onProgress: progress("Training", "images") });
console.log(run.history.length);`;
    const cell = { cell_type: "code", id: "a", metadata: {}, execution_count: null, outputs: [] };
    const notebook = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [{ ...cell, source }] };
    await Deno.writeTextFile(path, JSON.stringify(notebook));
    const done = await executeNotebook(path, out);
    const text = await Deno.readTextFile(done);
    if (!text.includes(`${epochs}\\n`)) throw new Error(`${basename(path)} did not train: ${text}`);
    return text.length;
  };
  try {
    const [short, long] = [await size(20), await size(200)];
    return [{
      kind: "epochs in a notebook",
      count: 200,
      outcome: `the notebook has ${long} bytes, with 20 epochs ${short}`,
      isSound: long - short < 100,
    }];
  } finally {
    await Deno.remove(path);
    await Deno.remove(out, { recursive: true });
  }
}
