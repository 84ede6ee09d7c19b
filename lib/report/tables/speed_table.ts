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
  const ofPaper = whole(paper.images.train);
  return new Table({
    title: data === undefined ? "Runtime" : `Runtime, on ${data}`,
    columns: [
      { key: "system", label: "system" },
      { key: "paper", label: "paper, one epoch, s", digits: 0 },
      {
        key: "epoch",
        label: `here, one epoch of ${ofPaper} images at this rate, s`,
        digits: 1,
      },
      { key: "seconds", label: "here, all epochs of this run, s", digits: 1 },
      { key: "training", label: "training, images/s", digits: 0 },
      { key: "inference", label: "inference, images/s", digits: 0 },
    ],
    rows: timed.map(({ run: { configuration: { system, epochs }, seconds }, inference }) => ({
      system: systemTitles[system],
      paper: paper.table2[system].seconds,
      seconds,
      training: epochs * images / seconds,
      epoch: paper.images.train * seconds / (epochs * images),
      inference,
    })),
    notes: [
      `This run: ${timed[0]?.run.configuration.epochs} epochs over ${whole(images)} preprocessed ` +
      "images, evaluation not counted; inference: the test images in one batch, over and over for " +
      `${MEASURED_SECONDS} s after as long a warm-up, median; ` +
      `${navigator.hardwareConcurrency} threads.`,
      `Paper: one epoch over ${ofPaper} images (Torch with decoding, TF without), 200 ` +
      "minibatches (Numpy), on another machine.",
    ],
  });
}
