import { keyOf } from "./run_key.ts";
import { type KeptOutcome, type SplitOutcome, unpackBits } from "./run_outcome.ts";

/**
 * Asserts that what was read from a file is a whole outcome: its key is that of its configuration and
 * images, and its counts are those of its bits.
 * @param source the file, for the error message
 * @throws Error naming the file and what is wrong with it
 */
export async function checkOutcome(given: unknown, source: string): Promise<KeptOutcome> {
  const refuse = (what: string): never => {
    throw new Error(`${source} does not hold the outcome of a training: ${what}; delete it`);
  };
  const { outcome, made } = (given ?? {}) as Partial<KeptOutcome>;
  if (!outcome || !made) return refuse("its outcome or its origin is missing");
  const { key, configuration, images, epochs, val, test } = outcome;
  if (!configuration || !images || !Array.isArray(epochs) || !val || !test) {
    return refuse("a part of the outcome is missing");
  }
  const own = await keyOf(configuration, images);
  if (key !== own) return refuse("the key is not that of the configuration and the images");
  if (epochs.length !== configuration.epochs) {
    return refuse(
      `it has ${epochs.length} epochs where its configuration has ${configuration.epochs}`,
    );
  }
  for (const [name, split] of Object.entries({ val, test })) {
    try {
      if (!agrees(split)) refuse(`the counts of ${name} are not those of its images`);
    } catch (error) {
      refuse(`${name}: ${(error as Error).message}`);
    }
  }
  if (made.seconds?.length !== epochs.length || !made.code || !(Date.parse(made.date) > 0)) {
    return refuse("its origin lacks the seconds, the code or the date");
  }
  return { outcome, made };
}

function agrees({ images, top1, top5, top1Images, top5Images }: SplitOutcome): boolean {
  const count = (text: string) => unpackBits(text, images).filter(Boolean).length;
  return count(top1Images) === top1 && count(top5Images) === top5;
}
