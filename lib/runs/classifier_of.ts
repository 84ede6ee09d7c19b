import {
  type ClassifierModel,
  type ClassifierPreprocessing,
  classifierPreprocessing,
} from "../classifier/classifier_model.ts";
import type { Run, StoppedRun } from "./run.ts";

/**
 * What a training has learned, as a classifier that can be saved and shipped. It answers by the image alone,
 * also where the run's configuration asks for views.
 * @param classes their names, by label
 * @param preprocessing what the run's pixels were made with; default: as `loadPixels` does by itself
 * @param notes free texts for the file; the run's configuration is put among them as `configuration`
 * @throws RangeError naming an option of the preprocessing that has no sensible value
 */
export function classifierOf(
  { configuration, weights, normalisation }: Pick<
    Run | StoppedRun,
    "configuration" | "weights" | "normalisation"
  >,
  classes: readonly string[],
  preprocessing: Partial<ClassifierPreprocessing> = {},
  notes: Readonly<Record<string, string>> = {},
): ClassifierModel {
  const { architecture, ...settings } = configuration;
  return {
    network: { numbers: "float32", architecture, weights, normalisation },
    preprocessing: classifierPreprocessing(preprocessing),
    classes,
    notes: { ...notes, configuration: JSON.stringify(settings) },
  };
}
