import type { Batches } from "../systems/system.ts";

/** The first `count` batches of each epoch, or all if there are fewer. */
export function firstBatches(all: Batches, count: number): Batches {
  return {
    ...(all.imageShape ? { imageShape: all.imageShape } : {}),
    length: Math.min(count, all.length),
    samples: Math.min(all.samples, count * Math.ceil(all.samples / all.length)),
    async *[Symbol.asyncIterator]() {
      let taken = 0;
      for await (const batch of all) {
        yield batch;
        if (++taken >= count) return;
      }
    },
  };
}
