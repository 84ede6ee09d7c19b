import type { Climb } from "../../diagnosis/climb.ts";
import { meanHits, medianOf } from "../../diagnosis/climb.ts";
import type { Look } from "../../diagnosis/explanations.ts";
import type { GuardedFit } from "../../diagnosis/guard.ts";
import type { TrialResult } from "../../diagnosis/trial.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { SystemName } from "../../systems/system.ts";
import { systemTitles } from "../../systems/create_system.ts";
import { paper } from "../paper.ts";
import { type Cell, Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";

const seedNote = (results: readonly TrialResult[]) =>
  `Means of ${results.length} seeds with 95 % intervals that hold what ${
    results[0]!.test.images
  } images and the seeds leave open; medians of all else.`;

/** The three systems with exactly what the report's code did, beside what the report says. */
export function publishedTable(
  dataset: Dataset,
  runs: Readonly<Record<SystemName, readonly TrialResult[]>>,
): Table {
  const systems = Object.entries(runs) as [SystemName, readonly TrialResult[]][];
  return new Table({
    title: `As published, on ${dataLabel(dataset)}`,
    columns: [
      { key: "system", label: "system" },
      { key: "loss", label: "training loss at the end", digits: 1 },
      { key: "report1", label: "test top-1, report", digits: 4 },
      { key: "top1", label: "test top-1, here (95 %)" },
      { key: "report5", label: "test top-5, report", digits: 4 },
      { key: "top5", label: "test top-5, here (95 %)" },
      { key: "predicted", label: "classes predicted" },
    ],
    rows: systems.map(([system, results]) => ({
      system: systemTitles[system],
      loss: medianOf(results, ({ epochs }) => epochs.at(-1)!.loss),
      report1: paper.table2[system].test.top1,
      top1: meanHits(results, "test", "top1"),
      report5: paper.table2[system].test.top5,
      top5: meanHits(results, "test", "top5"),
      predicted: medianOf(results, ({ predicted }) => predicted),
    })),
    notes: [seedNote(systems[0]![1]), "The report's own loss ended at −588.7 (Torch)."],
  });
}

/** What the guard says of some trainings. */
export function warningsTable(watched: Readonly<Record<string, GuardedFit>>): Table {
  return new Table({
    title: "What the guard says within the first epoch",
    columns: [
      { key: "run", label: "run" },
      { key: "check", label: "warning" },
      { key: "measured", label: "measured" },
      { key: "cause", label: "likely cause" },
    ],
    rows: Object.entries(watched).flatMap(([run, { warnings }]) =>
      warnings.length === 0
        ? [{ run, check: "none", measured: "", cause: "" }]
        : warnings.map((warning) => ({ run, ...warning }))
    ),
  });
}

/** One ladder, rung by rung. */
export function ladderTable(
  dataset: Dataset,
  { ladder: { name }, rungs, foot }: Climb,
): Table {
  const layers = foot[0]!.layers.map(({ layer }) => layer);
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return new Table({
    title: `${name}, one change at a time, on ${dataLabel(dataset)}`,
    columns: [
      { key: "rung", label: "change" },
      { key: "loss", label: "training loss", digits: 2 },
      { key: "top1", label: "test top-1 (95 %)" },
      { key: "top5", label: "test top-5 (95 %)" },
      { key: "predicted", label: "classes predicted" },
      { key: "saturated", label: `saturated: ${layers.slice(0, -1).join(", ")}`, align: "right" },
      { key: "gradients", label: `gradient norm: ${layers.join(", ")}`, align: "right" },
    ],
    rows: rungs.map(({ rung, results }, i) => ({
      rung: `${i}. ${rung.change}`,
      loss: medianOf(results, ({ epochs }) => epochs.at(-1)!.loss),
      top1: meanHits(results, "test", "top1"),
      top5: meanHits(results, "test", "top5"),
      predicted: medianOf(results, ({ predicted }) => predicted),
      saturated: layers.slice(0, -1)
        .map((_, l) => percent(medianOf(results, (result) => result.layers[l]!.saturated ?? 0)))
        .join(", "),
      gradients: layers
        .map((_, l) =>
          medianOf(results, (result) => result.layers[l]!.gradientNorm).toExponential(0)
        )
        .join(", "),
    })),
    notes: [
      seedNote(foot),
      "Saturated: slope below 2 % of the steepest. Gradients: of the mean cross-entropy on 64 test " +
      "images, at the end.",
    ],
  });
}

/** The corrected training on other looks of the same images. */
export function looksTable(dataset: Dataset, looks: readonly Look[]): Table {
  return new Table({
    title: `Size and colour, corrected training, on ${dataLabel(dataset)}`,
    columns: [
      { key: "look", label: "images" },
      { key: "seeds", label: "seeds" },
      { key: "top1", label: "test top-1 (95 %)" },
      { key: "top5", label: "test top-5 (95 %)" },
      { key: "predicted", label: "classes predicted" },
    ],
    rows: looks.map(({ name, results }) => ({
      look: name,
      seeds: results.length,
      top1: meanHits(results, "test", "top1"),
      top5: meanHits(results, "test", "top5"),
      predicted: medianOf(results, ({ predicted }) => predicted),
    })),
    notes: [
      "Means over seeds with 95 % intervals that hold what the images and the seeds leave open. All " +
      "but 32×32 grey are decoded fast, up to a few levels from OpenCV's pixels.",
    ],
  });
}

/** Table II with all its columns: the report's numbers, and four ways of running its systems. */
export function completeTable2(
  dataset: Dataset,
  columns: Readonly<
    Record<
      "as published" | "as written" | "corrected" | "best",
      Partial<Record<SystemName, readonly TrialLike[]>>
    >
  >,
): Table {
  const names = Object.keys(columns) as (keyof typeof columns)[];
  const rows = (["numpy", "torch", "keras"] as const).flatMap((system) =>
    (["val", "test"] as const).flatMap((split) =>
      (["top1", "top5"] as const).map((metric) => ({
        system: systemTitles[system],
        images: split === "val" ? "validation" : "test",
        metric: metric === "top1" ? "top-1" : "top-5",
        report: paper.table2[system][split][metric],
        ...Object.fromEntries(names.flatMap((name): [string, Cell][] => {
          const results = columns[name][system];
          return results ? [[name, meanHits(results, split, metric)]] : [];
        })),
      }))
    )
  );
  const seeds = names.map((name) => `${name} ${Object.values(columns[name])[0]?.length ?? 0}`);
  return new Table({
    title: `Table II, complete, on ${dataLabel(dataset)}`,
    columns: [
      { key: "system", label: "system" },
      { key: "images", label: "images" },
      { key: "metric", label: "" },
      { key: "report", label: "report" },
      ...names.map((name) => ({ key: name, label: `${name} (95 %)` })),
    ],
    rows,
    notes: [
      `Means over seeds (${seeds.join(", ")}); intervals hold what images and seeds leave open.`,
      "As published: what the code did. As written: Table I's learning rate 0.01, on raw pixels. " +
      "Corrected: 1e-3, standardised pixels, loss and order put right. Best: the preset, on the same " +
      "network; it is a matter of the recipe, not of the system, and runs on the fastest one.",
    ],
  });
}

/** The part of a trial's result that accuracies are taken from. */
type TrialLike = Pick<TrialResult, "val" | "test">;
