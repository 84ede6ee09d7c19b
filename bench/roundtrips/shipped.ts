/**
 * `deno task shipped --data FOLDER CLASSIFIER…`: asks each classifier's file about the test images, here, in the other
 * frameworks, in Node.js and in headless Chromium, and leaves in results/bench/shipped.* how often all answer the
 * same.
 */
import { basename, extname, join } from "node:path";
import { version_layers } from "@tensorflow/tfjs";
import sharp from "sharp";
import { Classifier, type ClassifierModel, loadClassifier } from "../../lib/classifier/mod.ts";
import { chooseDataset, knownDataset } from "../../lib/data/choose_dataset.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { loadPixels } from "../../lib/pixels/load_pixels.ts";
import { progress } from "../../lib/report/progress_bar.ts";
import { dataLabel } from "../../lib/report/tables/dataset_table.ts";
import { projectRoot } from "../../lib/util/files.ts";
import { pathOf, readWords, requireData } from "../../tasks/arguments.ts";
import { requireClasses } from "../../tasks/cli/evaluate.ts";
import { main, SetupError, step } from "../../tasks/run.ts";
import { chromiumPath } from "../../tests/chromium.ts";
import { nodeProgram } from "../../tests/node.ts";
import { setupBenchPython } from "../bench_python.ts";
import { machine } from "../machine.ts";
import { install, type Installed, logitsInNode, logitsInPage } from "./answer_elsewhere.ts";
import { measureJourneys, type Route } from "./measure.ts";
import { type Answers, broken, shippedTable } from "./shipped_table.ts";

const usage = "--data NAME|FOLDER and the files of one classifier or more";

/** The test images as files, and as PNG files with the same pixels. */
interface ImageFiles {
  readonly files: readonly string[];
  readonly png: readonly string[];
}

async function imageFiles({ splits: { test } }: Dataset, folder: string): Promise<ImageFiles> {
  const files: string[] = [], png: string[] = [];
  await Deno.mkdir(folder, { recursive: true });
  for (let i = 0; i < test.length; i++) {
    const image = test.image(i);
    if (image.kind !== "file") {
      throw new SetupError("the images must be files of their own, as a person would send them");
    }
    files.push(image.path);
    png.push(join(folder, `${i}.png`));
    await sharp(image.path).png().toFile(png[i]!);
  }
  return { files, png };
}

/** What everybody answers about one classifier. */
async function asked(
  path: string,
  dataset: Dataset,
  images: ImageFiles,
  installed: Installed,
  folder: string,
): Promise<Answers> {
  const model = await loadClassifier(path), { network, classes } = model;
  using classifier = await Classifier.open(model);
  requireClasses(classifier, dataset);
  const { test } = await loadPixels(dataset, model.preprocessing, {
    onProgress: progress("Preprocessing", "images"),
  });
  const ours = await classifier.logits(test.pixels, test.length);
  const others: Answers["others"][number][] = [];
  const name = basename(path);
  const traveller = { name, network: { ...network, classes }, images: test.pixels };
  const journeys = await measureJourneys([traveller], folder);
  for (const { route, logits } of journeys) others.push({ by: route, images: "pixels", logits });
  if (nodeProgram) {
    const inNode = (what: "package" | "module", list: readonly string[]) =>
      logitsInNode(installed, what, path, list);
    const { files, png } = images;
    others.push({ by: "package", images: "files", logits: await inNode("package", files) });
    if (network.numbers === "int8") {
      others.push({ by: "module", images: "PNG", logits: await inNode("module", png) });
    }
  }
  if (chromiumPath && network.numbers === "int8") {
    const { png, files } = images;
    const [exact, decoded] = await logitsInPage(folder, await Deno.readFile(path), [png, files]);
    others.push({ by: "page", images: "PNG", logits: exact! });
    others.push({ by: "page", images: "files", logits: decoded! });
  }
  const { length } = classes;
  return {
    name,
    origin: origin(model),
    numbers: network.numbers,
    classes: length,
    labels: test.labels,
    ours,
    others,
  };
}

/** How a classifier was trained, as its file tells it. */
function origin({ notes = {} }: ClassifierModel): string {
  const { data, configuration } = notes;
  if (data === undefined || configuration === undefined) return "its file does not say how";
  const { system, epochs, seed } = JSON.parse(configuration);
  return `trained on ${data} by the ${system} system, ${epochs} epochs, seed ${seed}`;
}

/** The endings of files, as the names of their formats. */
function kinds(files: readonly string[]): string {
  return [...new Set(files.map((path) => extname(path).slice(1).toUpperCase()))].join(" and ");
}

async function shipped(): Promise<number> {
  const { values: { data }, words } = readWords("shipped", Deno.args, { data: "string" }, usage);
  if (data === undefined || words.length === 0) throw new SetupError(`shipped takes ${usage}`);
  const chosen = knownDataset(data) ? data : pathOf(data);
  await requireData(chosen);
  await setupBenchPython();
  const dataset = await chooseDataset(chosen, progress(`Getting ${data}`, "kB"));
  const { test } = dataset.splits, folder = join(projectRoot, ".cache", "shipped");
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const images = await step(
    "The test images as PNG files",
    () => imageFiles(dataset, join(folder, "png")),
  );
  const installed = await step(
    "The package and the int8 module",
    () => install(join(folder, "node")),
  );
  const answers: Answers[] = [];
  for (const [i, path] of words.entries()) {
    answers.push(
      await step(path, () => asked(pathOf(path), dataset, images, installed, join(folder, `${i}`))),
    );
  }
  const { onnxruntime, keras, torch } = JSON.parse(
    await Deno.readTextFile(join(folder, "0", "versions.json")),
  );
  const frameworks: Record<Route, string> = {
    onnx: onnxruntime,
    keras,
    kerasWeights: `${keras}, weights alone`,
    tfjs: `TensorFlow.js ${version_layers}, its own backend`,
    pytorch: torch,
  };
  const date = new Date().toISOString().slice(0, 10);
  const table = shippedTable(answers, frameworks, [
    ...nodeProgram ? [] : ["Node.js was not found, so that its rows are missing."],
    ...chromiumPath ? [] : ["Chromium was not found, so that its rows are missing."],
    ...answers.map(({ name, origin }) => `${name}: ${origin}.`),
    `Data: ${dataLabel(dataset)}, all ${test.length} test images (${kinds(images.files)} files).`,
    `Measured on ${date}, on: ${machine()}.`,
  ]);
  await table.save(join(projectRoot, "results", "bench", "shipped"));
  console.log(table.text());
  const failures = broken(answers);
  for (const failure of failures) console.error(failure);
  return failures.length > 0 ? 1 : 0;
}

if (import.meta.main) await main(shipped);
