import assert from "node:assert/strict";
import { DataLoader } from "../../lib/pixels/loader.ts";
import { PackedPixels } from "../../lib/pixels/packed.ts";
import { firstBatches } from "../../lib/runs/first_batches.ts";

Deno.test("the first batches have as many images as they say, whatever is left for the last one", async () => {
  const set = new PackedPixels(new Uint8Array(15), new Int32Array(15), 1, 1, 1, "");
  const all = new DataLoader(set, { batchSize: 7 });
  for (const [count, images] of [[1, 7], [2, 14], [3, 15], [4, 15]] as const) {
    const first = firstBatches(all, count);
    let came = 0;
    for await (const { size } of first) came += size;
    assert.deepEqual([first.samples, came], [images, images]);
  }
});
