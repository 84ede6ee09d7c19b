/** Files and logits of real onnxruntime, Keras and PyTorch, and the networks that they are of. */
import { join } from "node:path";
import { fixtureFolder, type FormatFixtures } from "../../bench/roundtrips/fixtures.ts";

/** What the other frameworks have computed. */
export const fixtures: FormatFixtures = JSON.parse(
  await Deno.readTextFile(join(fixtureFolder, "formats.json")),
);

/** The path of a file that another framework has written. */
export function fixtureFile(name: string): string {
  return join(fixtureFolder, name);
}

/** The largest difference between two lists of numbers. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return NaN;
  return Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
}
