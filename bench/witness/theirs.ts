/** Lets the other program repeat an exported run. */
import { join } from "node:path";
import { projectRoot } from "../../lib/util/files.ts";
import { run } from "../../tasks/run.ts";
import { benchPython } from "../bench_python.ts";
import type { WitnessLog } from "./log.ts";

/**
 * Runs witness.py on the folder that `exportRun` has written.
 * @param nudged whether every starting weight is first moved by one rounding
 */
export async function theirLog(folder: string, nudged: boolean): Promise<WitnessLog> {
  const output = join(folder, nudged ? "nudged.json" : "theirs.json");
  const script = join(projectRoot, "bench", "witness", "witness.py");
  // threads of OpenBLAS and OpenMP spin while they wait, which holds up everything on a busy machine
  const threads = "1";
  await run(benchPython, [script, folder, output, ...(nudged ? ["--nudged"] : [])], {
    env: {
      OMP_NUM_THREADS: threads,
      OPENBLAS_NUM_THREADS: threads,
      TF_NUM_INTRAOP_THREADS: threads,
      TF_CPP_MIN_LOG_LEVEL: "3",
      PYTHONDONTWRITEBYTECODE: "1",
    },
    advice: "bench/witness/witness.py could not repeat the run.",
  });
  return JSON.parse(await Deno.readTextFile(output)) as WitnessLog;
}
