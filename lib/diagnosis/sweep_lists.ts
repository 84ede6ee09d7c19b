import { type Architecture, countClasses } from "../model/architecture.ts";
import type { SweepList } from "../runs/sweep_list.ts";
import { systemNames } from "../systems/create_system.ts";
import { paperConfigurations } from "./fault_matrix.ts";
import { outlookList } from "./outlook.ts";
import { correctedRun } from "./paper_faults.ts";

/** What a list of configurations is made for. */
export interface SweepContext {
  /** LeNet-5 for the classes of the data set. */
  readonly architecture: Architecture;
  /** How many training images there are. */
  readonly trainImages: number;
}

/**
 * The lists that `deno task sweep --list NAME` knows: `corrected` has the corrected run of each system,
 * `paper` has all that the matrix of faults and the ablations train, `outlook` has other ways of preparing
 * the images and of stacking the layers.
 */
export const sweepLists: Readonly<Record<string, (context: SweepContext) => SweepList>> = {
  corrected: ({ architecture }) =>
    systemNames.map((system) => ({
      name: system,
      configuration: correctedRun(architecture, system),
    })),
  paper: ({ architecture }) => paperConfigurations(architecture),
  outlook: ({ architecture }) => outlookList(countClasses(architecture)),
};
