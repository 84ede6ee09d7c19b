/** The table of the known data: mean accuracies over seeds beside what others have published. */
import { seedMean } from "../../lib/metrics/seeds.ts";
import { type Cell, Table } from "../../lib/report/table.ts";
import { agreement } from "../witness/agreement.ts";
import type { WitnessLog } from "../witness/log.ts";
import { TOLERANCE } from "../witness/witnessed.ts";
import type { Contestant } from "./contestants.ts";
import type { PublishedAccuracy } from "./published.ts";

/** The trainings of a contestant, by seed. */
export type Logs = ReadonlyMap<number, WitnessLog>;

/** What the table says besides the accuracies. */
export interface AboutData {
  readonly title: string;
  readonly testImages: number;
  readonly notes: readonly string[];
}

/** Contestants without a training are left out, and a note says so. */
export function fashionTable(
  contestants: readonly Contestant[],
  logs: ReadonlyMap<string, Logs>,
  published: readonly PublishedAccuracy[],
  { title, testImages, notes }: AboutData,
): Table {
  const of = (name: string): Logs => logs.get(name) ?? new Map();
  const rows = contestants.flatMap(({ name, network, twinOf }): Record<string, Cell>[] => {
    const own = [...of(name).values()];
    if (own.length === 0) return [];
    const { value, interval } = seedMean(own.map(({ test }) => test.top1), testImages);
    const steps = twinOf === undefined ? [] : twinAgreements(of(name), of(twinOf));
    return [{
      who: name,
      network,
      seeds: own.length,
      top1: { value, interval },
      ...(steps.length > 0
        ? {
          together: `${Math.min(...steps.map(({ together }) => together))} of ${steps[0]!.steps}`,
        }
        : {}),
    }];
  });
  const missing = contestants.filter(({ name }) => of(name).size === 0).map(({ name }) => name);
  return new Table({
    title,
    columns: [
      { key: "who", label: "who" },
      { key: "network", label: "network" },
      { key: "seeds", label: "seeds" },
      { key: "top1", label: "test top-1 (95 %)", digits: 3, align: "right" },
      { key: "together", label: "steps with its twin's loss", align: "right" },
    ],
    rows: [
      ...rows,
      ...published.map(({ network, top1, source }) => ({
        who: `published: ${source}`,
        network,
        top1,
      })),
    ],
    notes: [
      "A training in PyTorch has a twin here: the same pixels, order of the images and starting weights. " +
      `Their losses are the same where they differ by at most ${TOLERANCE}, relative above 1; of several ` +
      "seeds the smallest number of steps is shown.",
      ...notes,
      ...(missing.length > 0 ? [`Not trained: ${missing.join("; ")}.`] : []),
    ],
  });
}

function twinAgreements(own: Logs, twins: Logs) {
  return [...own].flatMap(([seed, log]) => {
    const twin = twins.get(seed);
    return twin ? [agreement(log.losses, twin.losses, TOLERANCE)] : [];
  });
}
