import type { Architecture } from "../model/architecture.ts";
import type { SweepEntry, SweepList } from "../runs/sweep_list.ts";
import { systemNames } from "../systems/create_system.ts";
import { ablations, correctedRun } from "./ablations.ts";

/** What a list of configurations is made for. */
export interface SweepContext {
  /** LeNet-5 for the classes of the data set. */
  readonly architecture: Architecture;
  /** How many training images there are. */
  readonly trainImages: number;
}

/** The lists that `deno task sweep --list NAME` knows. */
export const sweepLists: Readonly<Record<string, (context: SweepContext) => SweepList>> = {
  corrected: ({ architecture }) =>
    systemNames.map((system) => ({
      name: system,
      configuration: correctedRun(architecture, system),
    })),
  ladders: ({ architecture, trainImages }) =>
    Object.values(ablations(architecture, trainImages)).flatMap(({ name, steps }) =>
      steps.map(({ change, configuration }, i): SweepEntry => ({
        name: `${name}, ${i}: ${change}`,
        configuration,
      }))
    ),
};
