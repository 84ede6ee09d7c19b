import type { Experiment } from "../../runs/experiment.ts";
import { batches, restore, type Run } from "../../runs/run.ts";
import { systemTitles } from "../../systems/create_system.ts";
import { paper } from "../paper.ts";
import { Table } from "../table.ts";

/** Training and inference rates, with the report's runtimes. */
export async function speedTable(
  { architecture, data }: Experiment,
  runs: readonly Run[],
): Promise<Table> {
  const rows = [];
  for (const run of runs) {
    const { epochs } = run.options;
    rows.push({
      system: systemTitles[run.system],
      report: paper.table2[run.system].seconds,
      seconds: run.seconds,
      training: epochs * data.train.length / run.seconds,
      workload: paper.trainImages * paper.table1.epochs * run.seconds /
        (epochs * data.train.length),
      inference: await inferenceRate(run, architecture, data),
    });
  }
  return new Table({
    title: "Runtime",
    columns: [
      { key: "system", label: "system" },
      { key: "report", label: "report, s", digits: 0 },
      { key: "seconds", label: "here, s", digits: 1 },
      {
        key: "workload",
        label: `${
          paper.trainImages.toLocaleString("en")
        } images × ${paper.table1.epochs} at this rate, s`,
        digits: 0,
      },
      { key: "training", label: "training, images/s", digits: 0 },
      { key: "inference", label: "inference, images/s", digits: 0 },
    ],
    rows,
    notes: [
      `Here: ${runs[0]?.options.epochs} epochs over ${data.train.length.toLocaleString("en")} ` +
      "preprocessed images, evaluation not counted; inference: the test images in one batch, over and " +
      `over for ${MEASURED} s after as long a warm-up, median; ${navigator.hardwareConcurrency} threads.`,
      `Report: one epoch over ${
        paper.trainImages.toLocaleString("en")
      } images with decoding (Torch, ` +
      "TF), 200 minibatches (Numpy), on another machine.",
    ],
  });
}

/** Seconds: V8 compiles the kernels a second time while they run. */
const MEASURED = 0.5;

async function inferenceRate(
  run: Run,
  architecture: Experiment["architecture"],
  { test }: Experiment["data"],
): Promise<number> {
  const system = await restore(run, architecture);
  try {
    const loader = batches(test, run.normalisation, { batchSize: test.length });
    const { value } = await loader[Symbol.asyncIterator]().next();
    const { images, size } = value!;
    const seconds: number[] = [];
    const from = performance.now() + 1000 * MEASURED, to = from + 1000 * MEASURED;
    for (let start = 0; start < to || seconds.length === 0;) {
      start = performance.now();
      await system.predict(images, size);
      if (start >= from) seconds.push((performance.now() - start) / 1000);
    }
    return size / seconds.sort((a, b) => a - b)[seconds.length >> 1]!;
  } finally {
    system.dispose();
  }
}
