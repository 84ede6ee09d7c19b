/**
 * `deno task data [NAME]`: downloads a known data set into data/, or says which there are. A notebook or a task
 * that is given the name does it by itself, where it may use the network.
 */
import { chooseDataset, knownDataset } from "../lib/data/choose_dataset.ts";
import { knownDatasets } from "../lib/data/named/known_datasets.ts";
import { progress } from "../lib/report/progress_bar.ts";
import { readWords } from "./arguments.ts";
import { main, SetupError } from "./run.ts";

async function data(): Promise<void> {
  const names = knownDatasets.map(({ name }) => name).join(", ");
  const usage = `one of the names ${names}, or none for a list of them`;
  const { words: [name, ...others] } = readWords("data", Deno.args, {}, usage);
  if (name === undefined) {
    for (const { name, title, source, license, files } of knownDatasets) {
      const megabytes = Math.round(files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6);
      console.log(`${name}: ${title}, ${megabytes} MB\n  ${source}\n  license: ${license}`);
    }
    return;
  }
  const known = knownDataset(name);
  if (!known || others.length > 0) {
    throw new SetupError(`data takes ${usage}, not ${Deno.args.join(" ")}`);
  }
  const { root, classes, splits } = await chooseDataset(name, progress(`Getting ${name}`, "kB"))
    .catch((error) => {
      throw error.name === "DataError" ? new SetupError(error.message) : error;
    });
  const { train, val, test } = splits;
  console.log(
    `${root}: ${classes.length} classes, ${train.length} training, ${val.length} validation and ` +
      `${test.length} test images. Use it with LENET_DATA=${name}`,
  );
}

if (import.meta.main) await main(data);
