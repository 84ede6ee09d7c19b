import type { Batches } from "../systems/system.ts";

/**
 * The first `count` batches of each epoch, or all if there are fewer.
 * @param all without a `batchSize` its batches must be as even as they can be
 */
export function firstBatches(
  all: Batches & { readonly batchSize?: number },
  count: number,
): Batches {
  const { batchSize = Math.ceil(all.samples / all.length) } = all;
  return {
    ...(all.imageShape ? { imageShape: all.imageShape } : {}),
    length: Math.min(count, all.length),
    samples: Math.min(all.samples, count * batchSize),
    async *[Symbol.asyncIterator]() {
      let taken = 0;
      for await (const batch of all) {
        yield batch;
        if (++taken >= count) return;
      }
    },
  };
}
