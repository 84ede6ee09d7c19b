import { DataLoader, normalisation } from "../../pixels/loader.ts";
import type { PixelSet } from "../../pixels/pixels.ts";
import { initialWeights } from "../../model/initial_weights.ts";
import type { System } from "../../systems/system.ts";
import { Table } from "../table.ts";

/**
 * Gives all systems the same weights and compares their logits on some images; each gets its own
 * weights back afterwards.
 */
export async function agreementTable(systems: readonly System[], pixels: PixelSet): Promise<Table> {
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
  return new Table({
    title: `Same weights in: largest difference of the logits on ${batch.size} images`,
    columns: [
      { key: "system", label: "" },
      ...systems.map(({ name }) => ({ key: name, label: name, align: "right" as const })),
    ],
    rows: systems.map(({ name }, row) => ({
      system: name,
      ...Object.fromEntries(systems.map((other, column) => [
        other.name,
        row === column ? "" : largest(logits[row]!, logits[column]!).toExponential(0),
      ])),
    })),
    notes: ["float32 has 24 bits: differences of about 1e-7 are the order of summation."],
  });
}
