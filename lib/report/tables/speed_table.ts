import type { Run } from "../../runs/run.ts";
import { MEASURED_SECONDS } from "../../runs/timing.ts";
import { systemTitles } from "../../systems/create_system.ts";
import { paper } from "../paper.ts";
import { Table } from "../table.ts";

/** A run, and images a second of its system's inference. */
export interface TimedRun {
  /** The run. */
  readonly run: Run;
  /** Images a second of inference. */
  readonly inference: number;
}

/**
 * Training and inference rates, with the paper's runtimes.
 * @param images in the training set
 * @param data what the data is called, for the title
 */
export function speedTable(timed: readonly TimedRun[], images: number, data?: string): Table {
  const whole = (count: number) => count.toLocaleString("en");
  return new Table({
    title: data === undefined ? "Runtime" : `Runtime, on ${data}`,
    columns: [
      { key: "system", label: "system" },
      { key: "paper", label: "paper, s", digits: 0 },
      { key: "seconds", label: "here, s", digits: 1 },
      {
        key: "workload",
        label: `${whole(paper.images.train)} images × ${paper.table1.epochs} at this rate, s`,
        digits: 0,
      },
      { key: "training", label: "training, images/s", digits: 0 },
      { key: "inference", label: "inference, images/s", digits: 0 },
    ],
    rows: timed.map(({ run: { configuration: { system, epochs }, seconds }, inference }) => ({
      system: systemTitles[system],
      paper: paper.table2[system].seconds,
      seconds,
      training: epochs * images / seconds,
      workload: paper.images.train * paper.table1.epochs * seconds / (epochs * images),
      inference,
    })),
    notes: [
      `Here: ${timed[0]?.run.configuration.epochs} epochs over ${whole(images)} preprocessed ` +
      "images, evaluation not counted; inference: the test images in one batch, over and over for " +
      `${MEASURED_SECONDS} s after as long a warm-up, median; ` +
      `${navigator.hardwareConcurrency} threads.`,
      `Paper: one epoch over ${
        whole(paper.images.train)
      } images (Torch with decoding, TF without), 200 ` +
      "minibatches (Numpy), on another machine.",
    ],
  });
}
