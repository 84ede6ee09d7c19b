import type { Command } from "commander";
import { type Classifier, openClassifier } from "../../lib/classifier/classifier.ts";
import type { Dataset, SplitName } from "../../lib/data/dataset.ts";
import { loadPixels } from "../../lib/pixels/load_pixels.ts";
import { progress } from "../../lib/report/progress_bar.ts";
import { score } from "../../lib/systems/evaluate.ts";
import { SetupError } from "../run.ts";
import { pathOf } from "../arguments.ts";
import { applyCompute, openData } from "./files.ts";
import {
  addComputeOptions,
  addDataOptions,
  addJson,
  choice,
  type ComputeOptions,
  type DataOptions,
} from "./options.ts";
import { print, shares, shareText } from "./output.ts";

/** What `evaluate` is told. */
interface EvaluateOptions extends DataOptions, ComputeOptions {
  readonly on: SplitName;
  readonly json?: boolean;
}

export function addEvaluate(program: Command): void {
  const command = program.command("evaluate")
    .description("Measures how often a classifier is right.")
    .argument("<model>", "a classifier's file")
    .addOption(
      choice("--on <split>", "which images", ["test", "val", "train"]).default("test"),
    );
  addJson(addComputeOptions(addDataOptions(command), "what the network needs")).action(evaluate);
}

async function evaluate(model: string, options: EvaluateOptions): Promise<void> {
  const { system, backend, threads, on, json } = options;
  applyCompute(options);
  using classifier = await openClassifier(pathOf(model), {
    ...system && { system },
    ...backend && { backend },
    ...threads && { threads },
  });
  const dataset = await openData(options);
  requireClasses(classifier, dataset);
  const data = await loadPixels(dataset, classifier.model.preprocessing, {
    onProgress: progress("Preprocessing", "images"),
  });
  const { pixels, labels, length } = data[on];
  const logits = await classifier.logits(pixels, length);
  const evaluation = score({ logits, labels, classes: classifier.classes.length });
  const { loss, images } = evaluation;
  const { top1, top5 } = shares(evaluation);
  print(json, {
    model: pathOf(model),
    runsOn: classifier.runsOn,
    data: dataset.name,
    split: on,
    images,
    loss,
    top1,
    top5,
  }, [
    `${model} on ${images} ${on} images of ${dataset.name} (95 % intervals):`,
    `${shareText("top-1", top1)}, ${shareText("top-5", top5)}, loss ${loss.toFixed(4)}`,
  ]);
}

/** @throws SetupError naming the first class that is another one in the images */
export function requireClasses({ classes }: Pick<Classifier, "classes">, dataset: Dataset): void {
  const { length } = dataset.classes;
  const other = dataset.classes.findIndex((name, label) => name !== classes[label]);
  if (length === classes.length && other < 0) return;
  throw new SetupError(
    `${dataset.name} has other classes than the classifier: ` +
      (length === classes.length
        ? `class ${other} is ${dataset.classes[other]}, not ${classes[other]}`
        : `${length}, not ${classes.length}`),
  );
}
