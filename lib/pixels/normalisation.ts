import type { Normalisation, PixelSet } from "./pixels.ts";

/**
 * Mean and standard deviation over all pixels of a set, usually the training set: with them the
 * set's normalised pixels have mean 0 and std 1. A set of one level only gets std 1.
 */
export function normalisation({ pixels }: PixelSet): Normalisation {
  const counts = new Float64Array(256);
  for (let i = 0; i < pixels.length; i++) counts[pixels[i]!]!++;
  return ofCounts(counts);
}

/** The same for each channel by itself, in the order of the channels. */
export function channelNormalisation(
  { pixels, channels, height, width }: PixelSet,
): Normalisation[] {
  const counts = Array.from({ length: channels }, () => new Float64Array(256));
  const plane = height * width;
  for (let i = 0; i < pixels.length; i++) counts[Math.floor(i / plane) % channels]![pixels[i]!]!++;
  return counts.map(ofCounts);
}

/** @param counts how many pixels have each level */
function ofCounts(counts: Float64Array): Normalisation {
  const pixels = counts.reduce((sum, count) => sum + count, 0);
  if (pixels === 0) throw new RangeError("normalisation of no pixels: the set is empty");
  let sum = 0, squares = 0;
  counts.forEach((count, level) => sum += count * level);
  const mean = sum / pixels;
  counts.forEach((count, level) => squares += count * (level - mean) ** 2);
  return { mean, std: Math.sqrt(squares / pixels) || 1 };
}
