/** Whether the three systems learn alike: paired over seeds, equivalence within a stated margin. */
import { equivalence } from "../../lib/metrics/equivalence.ts";
import { holm } from "../../lib/metrics/holm.ts";
import type { SweptEntry } from "../../lib/runs/sweep_file.ts";
import { Table } from "../../lib/report/table.ts";
import { systemNames, systemTitles } from "../../lib/systems/create_system.ts";
import type { SystemName } from "../../lib/systems/system.ts";

/**
 * Accuracies that differ by less count as alike. It was chosen before the runs: 450 images give a share of
 * 0.18 an interval of about ±0.035.
 */
export const MARGIN = 0.03;

/** The accuracy of the corrected run on validation and test images together, by system and then by seed. */
export type AlikeShares = Readonly<Record<SystemName, readonly number[]>>;

/** The shares of a sweep over the list `corrected`. @throws RangeError if the systems' seeds are not the same */
export function alikeShares(entries: readonly SweptEntry[]): AlikeShares {
  const of = (system: SystemName) =>
    entries.flatMap(({ outcomes }) => outcomes.map(({ outcome }) => outcome))
      .filter(({ configuration }) => configuration.system === system)
      .toSorted((a, b) => a.configuration.seed - b.configuration.seed);
  const seeds = systemNames.map((system) => of(system).map((one) => one.configuration.seed).join());
  if (new Set(seeds).size !== 1 || seeds[0] === "") {
    throw new RangeError(`the systems must have the same seeds, got ${seeds.join(" and ")}`);
  }
  const shares = (system: SystemName) =>
    of(system).map(({ val, test }) => (val.top1 + test.top1) / (val.images + test.images));
  return { numpy: shares("numpy"), torch: shares("torch"), keras: shares("keras") };
}

const pairs: readonly (readonly [SystemName, SystemName])[] = systemNames.flatMap((one, i) =>
  systemNames.slice(i + 1).map((other) => [one, other] as const)
);

/** Two one-sided t tests of each pair of systems, p-values after Holm over the three. */
export function alikeTable(shares: AlikeShares, notes: readonly string[]): Table {
  const tests = pairs.map(([one, other]) =>
    equivalence(shares[one].map((share, seed) => share - shares[other][seed]!), MARGIN)
  );
  const adjusted = holm(tests.map(({ p }) => p));
  const alike = pairs.filter((_, i) => adjusted[i]! < 0.05);
  const seeds = shares.numpy.length;
  return new Table({
    title: "Do the three systems learn alike?",
    columns: [
      { key: "pair", label: "systems" },
      { key: "difference", label: "top-1, mean difference (90 %)", digits: 4, align: "right" },
      { key: "p", label: "p of a difference beyond the margin (Holm)", digits: 4 },
      { key: "alike", label: "alike" },
    ],
    rows: pairs.map(([one, other], i) => ({
      pair: `${systemTitles[one]} − ${systemTitles[other]}`,
      difference: { value: tests[i]!.value, interval: tests[i]!.interval },
      p: adjusted[i]!,
      alike: adjusted[i]! < 0.05,
    })),
    notes: [
      `The corrected runs with ${seeds} seeds, each system from its own start and by its own optimizer, all on ` +
      "the same pixels in the same order; share of the validation and test images. Alike: the mean " +
      `difference lies within ±${MARGIN} by two one-sided paired t tests at 5 %, corrected for three pairs.`,
      conclusion(alike.length),
      ...notes,
    ],
  });
}

function conclusion(alike: number): string {
  if (alike === pairs.length) return `All three learn alike, within ${MARGIN} of top-1 accuracy.`;
  return `${alike} of ${pairs.length} pairs are alike within ${MARGIN}; for the others the data do not show it.`;
}
