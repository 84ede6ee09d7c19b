import type { Run, StoppedRun } from "../../runs/run.ts";
import { systemTitles } from "../../systems/create_system.ts";
import { Table } from "../table.ts";

/** One training, epoch by epoch. */
export function historyTable(
  { configuration, history, seconds, stopped }: Run | StoppedRun,
): Table {
  const { system, epochs, batchSize, optimizer: { kind, learningRate }, seed } = configuration;
  const before = stopped ? `stopped in epoch ${history.length + 1} of ` : "";
  const algorithm = kind === "adam" ? "Adam" : "SGD";
  return new Table({
    title: `${systemTitles[system]}: ${before}${epochs} epochs, batch ${batchSize}, ` +
      `${algorithm} ${learningRate}, seed ${seed}`,
    columns: [
      { key: "epoch", label: "epoch" },
      { key: "loss", label: "training loss", digits: 3 },
      { key: "accuracy", label: "training top-1", digits: 3 },
      { key: "valLoss", label: "validation loss", digits: 3 },
      { key: "top1", label: "validation top-1", digits: 3 },
      { key: "top5", label: "validation top-5", digits: 3 },
      { key: "rate", label: "images/s", digits: 0 },
    ],
    rows: history.map(({ epoch, loss, accuracy, val, imagesPerSecond }) => ({
      epoch,
      loss,
      accuracy,
      valLoss: val?.loss,
      top1: val?.top1,
      top5: val?.top5,
      rate: imagesPerSecond,
    })),
    notes: [`${seconds.toFixed(1)} s of training on packed pixels, evaluation not counted.`],
  });
}
