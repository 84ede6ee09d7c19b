import { initialWeights } from "../model/initial_weights.ts";
import { DataLoader } from "../pixels/loader.ts";
import { normalisation } from "../pixels/normalisation.ts";
import type { PixelSet } from "../pixels/pixels.ts";
import type { System } from "../systems/system.ts";

/** How far the logits of several systems with the same weights lie apart. */
export interface LogitsAgreement {
  /** Names of the systems, in the order of the differences. */
  readonly systems: readonly string[];
  /** How many images were compared. */
  readonly images: number;
  /** Largest absolute difference of the logits of each system (row) and each other one (column). */
  readonly differences: readonly (readonly number[])[];
}

/**
 * Gives all systems the same weights and compares their logits on the first images, at most 64. Each
 * system gets its own weights back afterwards.
 * @param names of the systems, where their own names do not tell them apart
 * @throws RangeError if there is no image
 */
export async function compareLogits(
  systems: readonly System[],
  pixels: PixelSet,
  names: readonly string[] = systems.map(({ name }) => name),
): Promise<LogitsAgreement> {
  const loader = new DataLoader(pixels, { batchSize: 64, normalisation: normalisation(pixels) });
  const { value: batch } = await loader[Symbol.asyncIterator]().next();
  if (!batch) throw new RangeError("there is no image to compare logits on");
  const logits = await Promise.all(systems.map(async (system) => {
    const own = await system.weights();
    await system.setWeights(initialWeights(system.architecture, "lecun", 3));
    const result = await system.predict(batch.images, batch.size);
    await system.setWeights(own);
    return result;
  }));
  const largest = (a: Float32Array, b: Float32Array) =>
    a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
  return {
    systems: names,
    images: batch.size,
    differences: logits.map((row) => logits.map((column) => largest(row, column))),
  };
}
