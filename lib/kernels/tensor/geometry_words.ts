import type { JobRunner } from "./job_runner.ts";
import type { Geometry } from "./tensor_operations.ts";

/** Words of a descriptor that a geometry takes, the number of parts behind it. */
export const GEOMETRY_WORDS = 16;

/** Writes a geometry and the number of parts, in the order in which assembly/geometry.ts reads them. */
export function writeGeometry({ words }: JobRunner, geometry: Geometry, parts: number): void {
  const { padInfo } = geometry;
  words[0] = geometry.batchSize;
  words[1] = geometry.inHeight;
  words[2] = geometry.inWidth;
  words[3] = geometry.inChannels;
  words[4] = geometry.outHeight;
  words[5] = geometry.outWidth;
  words[6] = geometry.outChannels;
  words[7] = geometry.filterHeight;
  words[8] = geometry.filterWidth;
  words[9] = geometry.strideHeight;
  words[10] = geometry.strideWidth;
  words[11] = geometry.dilationHeight;
  words[12] = geometry.dilationWidth;
  words[13] = padInfo.top;
  words[14] = padInfo.left;
  words[15] = parts;
}

/** Numbers of the input and of the output, and of a filter's taps over all channels. */
export function sizesOf(geometry: Geometry): { input: number; output: number; taps: number } {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = geometry;
  return {
    input: batchSize * inHeight * inWidth * inChannels,
    output: batchSize * outHeight * outWidth * outChannels,
    taps: geometry.filterHeight * geometry.filterWidth * inChannels,
  };
}
