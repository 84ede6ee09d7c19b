import { relative } from "node:path";
import type { Experiment } from "../runs/experiment.ts";
import type { ParameterName } from "../runs/parameters.ts";
import { projectRoot } from "../util/files.ts";
import { markdown } from "./escape.ts";
import { dataLabel } from "./tables/dataset_table.ts";

const words: Readonly<Record<ParameterName, string>> = {
  dataFolder: "the data set",
  epochs: "the number of epochs",
  batchSize: "the batch size",
  learningRate: "the learning rate",
  seed: "the seed",
  threads: "the number of threads",
  backend: "the backend",
};

/**
 * What a notebook works with, for its reader: the data, the settings of the training, which of them another
 * notebook said, and where the results go.
 */
export function experimentNote(
  { configuration, dataset, isReproduction, parameters, results }: Experiment,
): string {
  const { epochs, batchSize, optimizer, seed } = configuration({ system: "numpy" });
  const settings = `${epochs} ${epochs === 1 ? "epoch" : "epochs"}, batches of ${batchSize}, ` +
    `Adam at ${optimizer.learningRate}, seed ${seed}`;
  const sentences = [markdown`Data: ${dataLabel(dataset)}. Training: ${settings}.`];
  for (const notebook of new Set(Object.values(parameters.from))) {
    const names = Object.keys(words).filter((name) =>
      parameters.from[name as ParameterName] === notebook
    );
    const list = names.map((name) => words[name as ParameterName]).join(", ");
    sentences.push(markdown`Taken from the last run of notebook ${notebook}: ${list}.`);
  }
  if (!isReproduction) {
    const folder = relative(projectRoot, results);
    sentences.push(
      markdown`Tables and figures go to ${folder}/; only \`reproduce\` changes the others.`,
    );
  }
  return sentences.join(" ");
}
