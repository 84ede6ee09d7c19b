import type { RunConfiguration } from "../../runs/run_configuration.ts";
import { paper } from "../paper.ts";
import { Table } from "../table.ts";

/** Table I: the paper's settings, those of its code, and ours. */
export function settingsTable(configuration: RunConfiguration): Table {
  const { optimizer, batchSize, epochs, pixels, order, seed } = configuration;
  const { table1 } = paper;
  return new Table({
    title: "Table I. Settings",
    columns: [
      { key: "setting", label: "" },
      { key: "paper", label: "Paper, Table I", align: "right" },
      { key: "code", label: "Paper's code", align: "right" },
      { key: "ours", label: "Here", align: "right" },
    ],
    rows: [
      {
        setting: "learning rate",
        paper: table1.learningRate,
        code: "1e-4 (Torch, Numpy), 1e-3 (TF)",
        ours: optimizer.learningRate,
      },
      {
        setting: "batch size",
        paper: table1.batchSize,
        code: "256; about 317 (Numpy)",
        ours: batchSize,
      },
      {
        setting: "epochs",
        paper: table1.epochs,
        code: "1 (Torch, Numpy), 10 (TF)",
        ours: epochs,
      },
      { setting: "pixels", paper: "", code: "raw, 0–255", ours: pixels },
      {
        setting: "order of the images",
        paper: "",
        code: "sorted by class (Torch)",
        ours: order === "shuffled" ? "reshuffled each epoch" : "sorted by class",
      },
      { setting: "seed", paper: "", code: "none", ours: seed },
    ],
  });
}
