import assert from "node:assert/strict";
import type { Split } from "../../lib/data/dataset.ts";
import { lookAtSplit } from "../../lib/pixels/pixel_cache_key.ts";
import { preprocessOptions } from "../../lib/pixels/preprocess.ts";

Deno.test("a stamp waits until no later change can bear the second of the last one", async () => {
  const path = await Deno.makeTempFile();
  const now = Date.now;
  try {
    const split: Split = {
      length: 1,
      labels: Int32Array.of(0),
      name: () => path,
      image: () => ({ kind: "file", path }),
    };
    const changed = (await Deno.stat(path)).ctime!.getTime();
    const second = Math.floor(changed / 1000) * 1000;
    // a file's time comes from the last timer tick: a change just past the second may bear the old one
    for (const [later, isTrusted] of [[999, false], [1000, false], [1020, false], [1200, true]]) {
      Date.now = () => second + (later as number);
      const { stamp } = lookAtSplit(split, preprocessOptions());
      assert.deepEqual(stamp !== undefined, isTrusted, `${later} ms`);
    }
  } finally {
    Date.now = now;
    await Deno.remove(path);
  }
});
