import { confusionMatrix } from "../../metrics/confusion.ts";
import { normalisation } from "../../pixels/loader.ts";
import { batches, type RunData } from "../../runs/run.ts";
import { countClasses } from "../../model/architecture.ts";
import { predictAll, score } from "../../systems/evaluate.ts";
import type { System } from "../../systems/system.ts";
import { Table } from "../table.ts";

/** What untrained systems make of the validation images. */
export async function startTable(systems: readonly System[], data: RunData): Promise<Table> {
  const normalise = normalisation(data.train);
  const rows = [];
  for (const system of systems) {
    const predictions = await predictAll(system, batches(data.val, normalise));
    const { loss, top1 } = score(predictions);
    const { predicted } = confusionMatrix(predictions);
    rows.push({ system: system.name, loss, top1, predicted });
  }
  const classes = countClasses(systems[0]!.architecture);
  return new Table({
    title: "Before training, on the validation images",
    columns: [
      { key: "system", label: "system" },
      { key: "loss", label: "loss", digits: 3 },
      { key: "top1", label: "top-1", digits: 3 },
      { key: "predicted", label: "classes predicted" },
    ],
    rows,
    notes: [`ln ${classes} = ${Math.log(classes).toFixed(3)}; 1/${classes} = ${1 / classes}.`],
  });
}
