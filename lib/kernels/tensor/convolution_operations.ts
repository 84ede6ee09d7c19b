import { GEOMETRY_WORDS, sizesOf, writeGeometry } from "./geometry_words.ts";
import { type JobRunner, partsFor, SHARDS, withScratch } from "./job_runner.ts";
import { packPanels, panelBytes, writeFused } from "./matrix_operations.ts";
import type {
  Conv2d,
  Conv2dFilterGradient,
  Conv2dInputGradient,
  Geometry,
} from "./tensor_operations.ts";

/** Bytes of a part's buffer of `convolve`: 48 addresses and as many rows of 16 sums. */
const BUFFER = 48 * 68;
/** Pixels that `inputGradient` takes at a time. */
const BLOCK = 12;
/** Rows that the sums of a run are rounded up to in `filterGradient`. */
const ROUND = 12;

/** See `Conv2d`. */
export function conv2d(runner: JobRunner, operation: Conv2d): void {
  const { geometry, input, filter, panels, output } = operation;
  const sizes = sizesOf(geometry);
  if (sizes.output === 0) return;
  const { batchSize, outHeight, outChannels } = geometry;
  const parts = partsFor(runner, sizes.output * sizes.taps, batchSize * outHeight);
  const isNew = panels === undefined;
  const bytes = [isNew ? panelBytes(sizes.taps, outChannels) : 0, parts * BUFFER];
  withScratch(runner, bytes, (packed = 0, buffers = 0) => {
    if (isNew) packPanels(runner, filter, packed, sizes.taps, outChannels, false);
    writeGeometry(runner, geometry, parts);
    runner.words.set([input, panels ?? packed, output], GEOMETRY_WORDS);
    writeFused(runner, GEOMETRY_WORDS + 3, operation);
    runner.words[GEOMETRY_WORDS + 6] = buffers;
    runner.run("convolve", parts);
  });
}

/** Whether every patch is inside the input. */
function isUnpadded(geometry: Geometry): boolean {
  const { inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth } = geometry;
  const { padInfo, strideHeight, strideWidth, dilationHeight, dilationWidth } = geometry;
  const bottom = (outHeight - 1) * strideHeight + (filterHeight - 1) * dilationHeight;
  const right = (outWidth - 1) * strideWidth + (filterWidth - 1) * dilationWidth;
  return padInfo.top === 0 && padInfo.left === 0 && bottom < inHeight && right < inWidth;
}

/** See `Conv2dFilterGradient`. */
export function conv2dFilterGradient(runner: JobRunner, operation: Conv2dFilterGradient): void {
  const { geometry, input, outputGradient, filterGradient } = operation;
  const { filterHeight, filterWidth, dilationWidth, outChannels } = geometry;
  const { taps } = sizesOf(geometry);
  if (taps * outChannels === 0) return;
  const rowsAreRuns = dilationWidth === 1 && isUnpadded(geometry);
  const runs = rowsAreRuns ? filterHeight : filterHeight * filterWidth;
  const run = Math.ceil(taps / runs / ROUND) * ROUND;
  const shardBytes = 64 * Math.ceil(outChannels / 16) * runs * run;
  withScratch(runner, [SHARDS * shardBytes], (sums = 0) => {
    const { words } = runner;
    writeGeometry(runner, geometry, SHARDS);
    words.set([input, outputGradient, sums, shardBytes, runs], GEOMETRY_WORDS);
    runner.run("filterGradient", SHARDS);
    const parts = partsFor(runner, SHARDS * taps * outChannels, taps);
    words[GEOMETRY_WORDS - 1] = parts;
    words.set([filterGradient, SHARDS], GEOMETRY_WORDS + 5);
    runner.run("foldFilterGradient", parts);
  });
}

/** See `Conv2dInputGradient`. */
export function conv2dInputGradient(runner: JobRunner, operation: Conv2dInputGradient): void {
  const { geometry, outputGradient, filter, inputGradient } = operation;
  const { batchSize, outChannels } = geometry;
  const { input, output, taps } = sizesOf(geometry);
  if (input === 0) return;
  const parts = partsFor(runner, output * taps + input, batchSize);
  const bufferBytes = 64 * BLOCK * Math.ceil(taps / 16);
  const bytes = [panelBytes(outChannels, taps), parts * bufferBytes];
  withScratch(runner, bytes, (packed = 0, buffers = 0) => {
    packPanels(runner, filter, packed, outChannels, taps, true);
    writeGeometry(runner, geometry, parts);
    runner.words.set(
      [outputGradient, packed, inputGradient, buffers, bufferBytes],
      GEOMETRY_WORDS,
    );
    runner.run("inputGradient", parts);
  });
}
