import type { Dataset } from "../../data/dataset.ts";
import type { LearningCurve } from "../../diagnosis/learning_curves.ts";
import { systemTitles } from "../../systems/create_system.ts";
import { Table } from "../table.ts";
import { dataLabel } from "./dataset_table.ts";
import { answerCell, oneAnswerNote } from "./score_cell.ts";

/** Accuracy of trained networks on the images that they have learned from, and on others. */
export function overfittingTable(dataset: Dataset, curves: readonly LearningCurve[]): Table {
  return new Table({
    title: `Training against validation images of ${dataLabel(dataset)}`,
    columns: [
      { key: "system", label: "system" },
      { key: "run", label: "run" },
      { key: "epochs", label: "epochs" },
      { key: "train", label: "training top-1 (95 %)" },
      { key: "val", label: "validation top-1 (95 %)" },
      { key: "overfits", label: "overfits" },
    ],
    rows: curves.map(({ name, system, run, train, val, predicted, overfits }) => ({
      system: systemTitles[system],
      run: name,
      epochs: run.configuration.epochs,
      train: answerCell(train, predicted),
      val: answerCell(val, predicted),
      overfits: overfits ? "yes" : "no",
    })),
    notes: [
      "One seed. Both are measured on the trained network. Intervals after Wilson. A network overfits here " +
      "if the interval of its training images lies above that of the validation images.",
      oneAnswerNote,
    ],
  });
}
