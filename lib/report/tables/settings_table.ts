import type { RunOptions } from "../../runs/run.ts";
import { paper } from "../paper.ts";
import { Table } from "../table.ts";

/** Table I: the report's settings beside ours. */
export function settingsTable(options: RunOptions): Table {
  const { table1 } = paper;
  return new Table({
    title: "Table I. Settings",
    columns: [
      { key: "setting", label: "" },
      { key: "report", label: "Report, Table I", align: "right" },
      { key: "code", label: "Report's code", align: "right" },
      { key: "ours", label: "Here", align: "right" },
    ],
    rows: [
      {
        setting: "learning rate",
        report: table1.learningRate,
        code: "1e-4 (Torch, Numpy), 1e-3 (TF)",
        ours: options.learningRate,
      },
      {
        setting: "batch size",
        report: table1.batchSize,
        code: "256; about 317 (Numpy)",
        ours: options.batchSize,
      },
      {
        setting: "epochs",
        report: table1.epochs,
        code: "1 (Torch, Numpy), 10 (TF)",
        ours: options.epochs,
      },
      { setting: "pixels", report: "", code: "raw, 0–255", ours: "standardised" },
      {
        setting: "order of the images",
        report: "",
        code: "sorted by class (Torch)",
        ours: "reshuffled each epoch",
      },
      { setting: "seed", report: "", code: "none", ours: options.seed },
    ],
  });
}
