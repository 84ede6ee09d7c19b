import { median } from "../metrics/median.ts";
import type { Batch, Normalisation, PixelSet } from "../pixels/pixels.ts";
import { batches, type RunData } from "../runs/run.ts";
import type { SeedRun } from "../runs/run_seeds.ts";
import { type LayerStatistics, layerStatistics } from "./layer_statistics.ts";

/** How many test images saturation and gradients are measured on. */
export const MEASURED_IMAGES = 256;

/**
 * Test images on which layers are measured, drawn at random from all classes. The draw is always the
 * same, so that all networks are measured on the same images.
 */
export async function drawnImages(test: PixelSet, normalisation: Normalisation): Promise<Batch> {
  const options = { batchSize: MEASURED_IMAGES, shuffle: true, seed: 1 };
  const { value } = await batches(test, normalisation, options)[Symbol.asyncIterator]().next();
  return value!;
}

/**
 * Layer statistics of runs that differ in their seed only, on the same test images: medians over the runs, and
 * means of the shares of activations.
 */
export async function medianLayers(
  runs: readonly SeedRun[],
  { test }: RunData,
): Promise<LayerStatistics[]> {
  const all: LayerStatistics[][] = [];
  for (const { run: { configuration, weights, normalisation } } of runs) {
    const images = await drawnImages(test, normalisation);
    all.push(layerStatistics(configuration.architecture, weights, images));
  }
  return all[0]!.map(({ layer, saturated, activations }, i) => ({
    layer,
    saturated: saturated === undefined ? undefined : median(all.map((own) => own[i]!.saturated!)),
    gradientNorm: median(all.map((own) => own[i]!.gradientNorm)),
    ...(activations ? { activations: meanShares(all.map((own) => own[i]!.activations!)) } : {}),
  }));
}

/** Means, not medians, so that the shares add up to one. */
function meanShares(all: readonly (readonly number[])[]): number[] {
  return all[0]!.map((_, bin) => all.reduce((sum, own) => sum + own[bin]!, 0) / all.length);
}
