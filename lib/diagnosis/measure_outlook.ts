import {
  type BootstrapDifference,
  type BootstrapInterval,
  bootstrapMean,
  pairedBootstrap,
} from "../metrics/bootstrap.ts";
import { holm } from "../metrics/holm.ts";
import { countMultiplyAdds, countParameters } from "../model/architecture.ts";
import type { Experiment } from "../runs/experiment.ts";
import { type SplitOutcome, unpackBits } from "../runs/run_outcome.ts";
import type { SweptEntry } from "../runs/sweep_file.ts";
import { plainNetwork } from "./outlook.ts";
import { readSweepOf } from "./paper_sweep.ts";

/** One way of preparing the images or of stacking the layers, and what it came to. */
export interface OutlookRow {
  /** What is different from the first row. */
  readonly name: string;
  /** Weights and biases. */
  readonly parameters: number;
  /** Multiply-adds of one image's forward pass. */
  readonly multiplyAdds: number;
  /** How many trainings there are. */
  readonly seeds: number;
  /** Mean accuracies on the validation images. */
  readonly val: { readonly top1: BootstrapInterval; readonly top5: BootstrapInterval };
  /** Mean accuracies on the test images. */
  readonly test: { readonly top1: BootstrapInterval; readonly top5: BootstrapInterval };
  /** Top-1 less the plain network's, on validation and test images together; absent in its own row. */
  readonly difference?: BootstrapDifference & {
    /** Corrected for all rows by Holm's method. */
    readonly corrected: number;
  };
}

/** What became of the outlook's configurations. */
export interface Outlook {
  /** The plain network first. */
  readonly rows: readonly OutlookRow[];
  /** Validation and test images, on which the differences are. */
  readonly images: number;
  /** The days of the first and the last training, as in 2026-01-31. */
  readonly dates: readonly [first: string, last: string];
}

/** The outlook of an experiment's images, undefined where its sweep has not been made. */
export async function readOutlook(
  experiment: Pick<Experiment, "data" | "dataset">,
): Promise<Outlook | undefined> {
  const swept = await readSweepOf(experiment, "outlook");
  return swept && measureOutlook(swept);
}

/**
 * Sets the outcomes of the sweep `outlook` beside the plain network's.
 * @throws RangeError if the plain network is missing, or an entry has other seeds than it
 */
export function measureOutlook(swept: readonly SweptEntry[]): Outlook {
  const plain = swept.find(({ name }) => name === plainNetwork);
  if (!plain) throw new RangeError(`the outlook has no entry "${plainNetwork}"; sweep it again`);
  const seedsOf = ({ outcomes }: SweptEntry) =>
    outcomes.map(({ outcome }) => outcome.configuration.seed).join();
  const other = swept.find((entry) => seedsOf(entry) !== seedsOf(plain));
  if (other) {
    throw new RangeError(
      `"${other.name}" was trained with the seeds ${seedsOf(other)}, the plain network with ` +
        seedsOf(plain),
    );
  }
  const compared = swept.filter((entry) => entry !== plain);
  const differences = compared.map((entry) => pairedBootstrap(heldOut(entry), heldOut(plain)));
  const corrected = holm(differences.map(({ p }) => p));
  const rows = compared.map((entry, i) => ({
    ...row(entry),
    difference: { ...differences[i]!, corrected: corrected[i]! },
  }));
  const days = swept.flatMap(({ outcomes }) => outcomes.map(({ made }) => made.date.slice(0, 10)));
  const sorted = days.sort();
  return {
    rows: [row(plain), ...rows],
    images: heldOut(plain)[0]!.length,
    dates: [sorted[0]!, sorted.at(-1)!],
  };
}

function row({ name, outcomes }: SweptEntry): OutlookRow {
  const runs = outcomes.map(({ outcome }) => outcome);
  const { architecture } = runs[0]!.configuration;
  const scores = (split: "val" | "test") => ({
    top1: bootstrapMean(runs.map((run) => hits(run[split], "top1Images"))),
    top5: bootstrapMean(runs.map((run) => hits(run[split], "top5Images"))),
  });
  return {
    name,
    seeds: runs.length,
    val: scores("val"),
    test: scores("test"),
    parameters: countParameters(architecture),
    multiplyAdds: countMultiplyAdds(architecture),
  };
}

/** Which validation and test images each network has right. */
function heldOut({ outcomes }: SweptEntry): boolean[][] {
  return outcomes.map(({ outcome: { val, test } }) => [
    ...hits(val, "top1Images"),
    ...hits(test, "top1Images"),
  ]);
}

function hits(split: SplitOutcome, which: "top1Images" | "top5Images"): boolean[] {
  return unpackBits(split[which], split.images);
}
