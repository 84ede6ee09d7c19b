/**
 * `deno task outlook [--data FOLDER]`: the table of other images and other layers, from the outcomes that
 * `deno task sweep --list outlook` has left in the results. It goes to `outlook.md` and `outlook.json` there.
 */
import { measureOutlook } from "../lib/diagnosis/measure_outlook.ts";
import { progress } from "../lib/report/progress_bar.ts";
import { outlookTable } from "../lib/report/tables/outlook_table.ts";
import { committedResults, openExperiment } from "../lib/runs/experiment.ts";
import { readSweep } from "../lib/runs/sweep_file.ts";
import { dataChoice, readArguments, requireData } from "./arguments.ts";
import { main, SetupError } from "./run.ts";

async function outlook(): Promise<void> {
  const { data } = readArguments("outlook", Deno.args, { data: "string" }, "--data FOLDER");
  await requireData(data);
  const dataFolder = dataChoice(data);
  const { dataset } = await openExperiment(progress, dataFolder ? { dataFolder } : {});
  const results = committedResults(dataset);
  const swept = await readSweep(results, "outlook");
  if (!swept) {
    throw new SetupError(
      `${results} has no outcomes of the outlook; make them with: deno task sweep --list outlook` +
        (data ? ` --data ${data}` : ""),
    );
  }
  const table = outlookTable(dataset, measureOutlook(swept));
  await table.save(`${results}/outlook`);
  console.log(table.markdown());
}

if (import.meta.main) await main(outlook);
