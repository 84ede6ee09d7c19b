import assert from "node:assert/strict";
import { assertGreater, assertLess } from "../assert.ts";
import fc from "../fast_check.ts";
import { mutations, specimens, tryMutatedImages } from "./mutated_images.ts";
import { preprocess } from "../../lib/pixels/preprocess.ts";

/** `LENET_SOAK_IMAGES` asks for more damaged images than the usual test tries. */
const count = Number(Deno.env.get("LENET_SOAK_IMAGES") ?? 1300);

Deno.test(`${count} damaged images are decoded or refused with a reason`, async () => {
  const folder = await Deno.makeTempDir();
  const before = Deno.memoryUsage().rss;
  try {
    const outcomes = await tryMutatedImages(count, folder, fc.readConfigureGlobal().seed);
    const total = (of: "decoded" | "refused") => outcomes.reduce((sum, row) => sum + row[of], 0);
    assert.equal(total("decoded") + total("refused"), count);
    assertGreater(total("refused"), count / 4);
    assertGreater(total("decoded"), count / 20);
    if (count >= 130) assert.equal(outcomes.length, 13 * Object.keys(mutations).length);
    assertLess((Deno.memoryUsage().rss - before) / 2 ** 20, 400, "MiB of memory kept");
    if (Deno.env.has("LENET_SOAK_IMAGES")) console.table(outcomes);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an image cut short at any byte is refused, or nothing of it is missing", async () => {
  const path = await Deno.makeTempFile();
  try {
    for (const { kind, bytes } of await specimens(3)) {
      await Deno.writeFile(path, bytes);
      const intact = await preprocess({ kind: "file", path });
      for (let step = 1; step <= 24; step++) {
        // near the end each byte, and then a few places over the whole file
        const length = step <= 12
          ? bytes.length - step
          : Math.floor(bytes.length * (step - 12) / 13);
        await Deno.writeFile(path, bytes.subarray(0, length));
        const pixels = await preprocess({ kind: "file", path }).catch(() => undefined);
        if (pixels) {
          assert.deepEqual(pixels, intact, `${kind} with ${length} of ${bytes.length} bytes`);
        }
      }
    }
  } finally {
    await Deno.remove(path);
  }
});
