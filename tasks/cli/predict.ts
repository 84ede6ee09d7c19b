import type { Command } from "commander";
import { openClassifier } from "../../lib/classifier/classifier.ts";
import type { ClassProbability } from "../../lib/classifier/likeliest.ts";
import { BadImage } from "../../lib/pixels/bad_image.ts";
import { progress } from "../../lib/report/progress_bar.ts";
import { exists } from "../../lib/util/files.ts";
import { SetupError } from "../run.ts";
import { pathOf } from "../arguments.ts";
import { applyCompute } from "./files.ts";
import { addComputeOptions, addJson, type ComputeOptions, whole } from "./options.ts";
import { print } from "./output.ts";

/** What `predict` is told. */
interface PredictOptions extends ComputeOptions {
  readonly top: number;
  readonly json?: boolean;
}

/** An image and what it shows. */
interface Prediction {
  readonly image: string;
  readonly classes: readonly ClassProbability[];
}

export function addPredict(program: Command): void {
  const command = program.command("predict")
    .description("Names what images show.")
    .argument("<model>", "a classifier's file")
    .argument("<image...>", "JPEG, PNG, WebP, GIF or TIFF files")
    .option("--top <n>", "how many classes are named", whole(1), 5);
  addJson(addComputeOptions(command, "what the network needs")).action(predict);
}

async function predict(
  model: string,
  images: readonly string[],
  { top, json, ...computing }: PredictOptions,
): Promise<void> {
  applyCompute(computing);
  using classifier = await openClassifier(pathOf(model), computing);
  const found: Prediction[] = [];
  const bad: string[] = [];
  const onProgress = progress("Classifying", "images");
  for (const [i, image] of images.entries()) {
    try {
      const path = pathOf(image);
      if (!await exists(path)) throw new BadImage(image, "there is no such file");
      found.push({ image, classes: await classifier.classify(path, { top }) });
    } catch (error) {
      if (!(error instanceof BadImage)) throw error;
      bad.push(`${image}: ${error.reason}`);
    }
    await onProgress(i + 1, images.length);
  }
  if (found.length > 0) print(json, found, found.flatMap(lines));
  if (bad.length > 0) throw new SetupError(bad.join("\nerror: "));
}

function lines({ image, classes }: Prediction): string[] {
  return [
    image,
    ...classes.map(({ name, probability }) => `  ${probability.toFixed(4)}  ${name}`),
  ];
}
