import type { Experiment, ProgressFactory } from "../runs/experiment.ts";
import { defaultSeeds, runSeeds } from "../runs/run_seeds.ts";
import { systemNames } from "../systems/create_system.ts";
import type { SystemName } from "../systems/system.ts";
import { configurationKey } from "./measure_matrix.ts";
import { paperTextRun } from "./paper_faults.ts";
import type { PaperSweep } from "./paper_sweep.ts";
import { summarize, type Summary } from "./summary.ts";

/** Table I taken literally on each system: from a sweep if it has more seeds than are asked for, else trained. */
export async function literalRuns(
  { architecture, data, store }: Pick<Experiment, "architecture" | "data" | "store">,
  { sweep, seeds = defaultSeeds, progress }: {
    readonly sweep?: Pick<PaperSweep, "matrix" | "seeds"> | undefined;
    readonly seeds?: readonly number[];
    readonly progress?: ProgressFactory;
  } = {},
): Promise<Record<SystemName, Summary>> {
  const found: Partial<Record<SystemName, Summary>> = {};
  for (const system of systemNames) {
    const configuration = paperTextRun(architecture, system), key = configurationKey(configuration);
    const swept = sweep && sweep.seeds > seeds.length
      ? sweep.matrix.rows.find((row) => configurationKey(row.configuration) === key)
      : undefined;
    const told = progress?.(`Table I taken literally, ${system}`, "images");
    found[system] = swept?.summary ??
      summarize(await runSeeds(store, data, configuration, seeds, told));
  }
  return found as Record<SystemName, Summary>;
}
