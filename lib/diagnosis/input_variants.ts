import { lenet5 } from "../model/architecture.ts";
import { loadPixels } from "../pixels/load_pixels.ts";
import type { Experiment, ProgressFactory } from "../runs/experiment.ts";
import { defaultSeeds, runSeeds, type SeedRun } from "../runs/run_seeds.ts";
import { correctedRun } from "./paper_faults.ts";
import { summarize, type Summary } from "./summary.ts";

/** One size and colour of the images, and what the corrected training makes of them. */
export interface InputVariant {
  /** Size and colour of the images. */
  readonly name: string;
  /** One run for each seed. */
  readonly runs: readonly SeedRun[];
  /** What the runs have in common. */
  readonly summary: Summary;
}

/**
 * The corrected training on the images at two sizes, in grey and in colour. Training on the larger
 * ones takes about five times as long, so it has one seed.
 */
export async function inputVariants(
  { dataset, architecture, store }: Experiment,
  progress?: ProgressFactory,
): Promise<InputVariant[]> {
  const ways = [[32, false, defaultSeeds], [32, true, defaultSeeds], [64, false, [1]]] as const;
  const variants: InputVariant[] = [];
  for (const [side, colour, seeds] of ways) {
    const name = `${side}×${side} ${colour ? "colour" : "grey"}`;
    const onProgress = progress?.(`Preprocessing to ${name}`, "images");
    const usual = side === 32 && !colour;
    const options = { width: side, height: side, colour, decoder: "fast" } as const;
    const data = await loadPixels(dataset, usual ? {} : options, onProgress ? { onProgress } : {});
    const input = { channels: colour ? 3 : 1, height: side, width: side };
    const own = usual ? architecture : lenet5(dataset.classes.length, { input });
    const trained = progress?.(`Training on ${name}`, "images");
    const runs = await runSeeds(store, data, correctedRun(own, "numpy"), seeds, trained);
    variants.push({ name, runs, summary: summarize(runs) });
  }
  return variants;
}
