import { GEOMETRY_WORDS, sizesOf, writeGeometry } from "./geometry_words.ts";
import { type JobRunner, partsFor } from "./job_runner.ts";
import type {
  AveragePoolGradient,
  Geometry,
  MaxPool,
  MaxPoolGradient,
  Pool,
} from "./tensor_operations.ts";

/** Numbers that windows look at, four at a time. */
function workOf(geometry: Geometry): number {
  return sizesOf(geometry).output * geometry.filterHeight * geometry.filterWidth / 2;
}

/** A job whose parts are rows of the output. */
function runOnRows(runner: JobRunner, job: string, geometry: Geometry, at: number[]): void {
  if (sizesOf(geometry).output === 0) return;
  const parts = partsFor(runner, workOf(geometry), geometry.batchSize * geometry.outHeight);
  writeGeometry(runner, geometry, parts);
  runner.words.set(at, GEOMETRY_WORDS);
  runner.run(job, parts);
}

/** A job whose parts are images. */
function runOnImages(runner: JobRunner, job: string, geometry: Geometry, at: number[]): void {
  const { input } = sizesOf(geometry);
  if (input === 0) return;
  const parts = partsFor(runner, workOf(geometry) + input / 4, geometry.batchSize);
  writeGeometry(runner, geometry, parts);
  runner.words.set(at, GEOMETRY_WORDS);
  runner.run(job, parts);
}

/** See `MaxPool`. */
export function maxPool(runner: JobRunner, operation: MaxPool): void {
  const { geometry, input, output, argmax = 0 } = operation;
  runOnRows(runner, "maxPool", geometry, [input, output, argmax]);
}

/** See `MaxPoolGradient`. */
export function maxPoolGradient(runner: JobRunner, operation: MaxPoolGradient): void {
  const { geometry, outputGradient, input, inputGradient } = operation;
  runOnImages(runner, "maxPoolGradient", geometry, [outputGradient, input, inputGradient]);
}

/** See `Pool`: the mean of what is inside of each window. */
export function averagePool(runner: JobRunner, operation: Pool): void {
  const { geometry, input, output } = operation;
  runOnRows(runner, "averagePool", geometry, [input, output]);
}

/** See `AveragePoolGradient`. */
export function averagePoolGradient(runner: JobRunner, operation: AveragePoolGradient): void {
  const { geometry, outputGradient, inputGradient } = operation;
  runOnImages(runner, "averagePoolGradient", geometry, [outputGradient, inputGradient]);
}
