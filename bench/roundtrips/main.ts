/**
 * `deno task roundtrips`: writes networks for onnxruntime, Keras, TensorFlow.js and PyTorch, lets each of them
 * compute logits and write the network again, and leaves the differences in results/bench/roundtrips.*.
 * `--fixtures` renews what the tests compare with, in tests/fixtures/formats/.
 */
import { join } from "node:path";
import { version_layers } from "@tensorflow/tfjs";
import { progress } from "../../lib/report/progress_bar.ts";
import { dataLabel } from "../../lib/report/tables/dataset_table.ts";
import { openExperiment } from "../../lib/runs/experiment.ts";
import { projectRoot } from "../../lib/util/files.ts";
import { readArguments } from "../../tasks/arguments.ts";
import { main, step } from "../../tasks/run.ts";
import { setupBenchPython } from "../bench_python.ts";
import { machine } from "../machine.ts";
import { makeFixtures } from "./fixtures.ts";
import { measureJourneys } from "./measure.ts";
import { travellers } from "./networks.ts";
import { broken, roundtripsTable } from "./table.ts";

async function roundtrips(): Promise<number> {
  const { fixtures = false } = readArguments(
    "roundtrips",
    Deno.args,
    { fixtures: "boolean" },
    "--fixtures",
  );
  await setupBenchPython();
  const folder = join(projectRoot, ".cache", "roundtrips");
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  if (fixtures) {
    await makeFixtures(folder);
    return 0;
  }
  const experiment = await openExperiment(progress);
  const { store, data, dataset } = experiment;
  const { run } = await store.loadOrTrain(experiment.configuration({ system: "numpy" }), data, {
    onProgress: progress("Training the numpy system", "images"),
  });
  const list = await travellers(run, data, dataset.classes);
  const journeys = await step(
    "There and back, in four frameworks",
    () => measureJourneys(list, folder),
  );
  const versions = JSON.parse(await Deno.readTextFile(join(folder, "versions.json")));
  const sides = {
    onnx: versions.onnxruntime,
    keras: versions.keras,
    kerasWeights: versions.keras,
    tfjs: `TensorFlow.js ${version_layers}, its own backend`,
    pytorch: versions.torch,
  };
  const date = new Date().toISOString().slice(0, 10);
  const table = roundtripsTable(journeys, sides, [
    `Data: ${dataLabel(dataset)}, ` +
    `${data.val.length} validation and ${data.test.length} test images; the ` +
    `networks with random weights are asked about noise. Measured on ${date}, on: ${machine()}.`,
  ]);
  await table.save(join(projectRoot, "results", "bench", "roundtrips"));
  console.log(table.text());
  const failures = broken(journeys);
  for (const failure of failures) console.error(failure);
  return failures.length > 0 ? 1 : 0;
}

if (import.meta.main) await main(roundtrips);
