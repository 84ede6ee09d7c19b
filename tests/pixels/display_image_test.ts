import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { assertRejects } from "../assert.ts";
import { BadImage } from "../../lib/pixels/bad_image.ts";
import { displayImage } from "../../lib/pixels/display_image.ts";

const folder = fileURLToPath(new URL("../fixtures/opencv/", import.meta.url));

Deno.test("an image is shown as it is decoded: turned, without alpha, fitted into the square", async () => {
  // rotated.jpg is 90×60 on disk, with the EXIF orientation that turns it upright
  const wanted = { "rotated.jpg": [60, 90], "alpha.png": [50, 45], "cmyk.jpg": [44, 56] };
  for (const [name, [width, height]] of Object.entries(wanted)) {
    const shown = await displayImage({ kind: "file", path: folder + name }, 120);
    assert.deepEqual([shown.width, shown.height], [width, height], name);
    const { format, channels, ...size } = await sharp(shown.jpeg).metadata();
    assert.deepEqual([format, channels, Math.max(size.width, size.height)], ["jpeg", 3, 120]);
    assert.equal(size.width > size.height, width! > height!);
  }
});

Deno.test("an image in memory is shown too", async () => {
  const data = new Uint8Array(8 * 6).fill(200);
  const shown = await displayImage({ kind: "raw", width: 8, height: 6, channels: 1, data }, 16);
  assert.deepEqual([shown.width, shown.height], [8, 6]);
  const { width, height } = await sharp(shown.jpeg).metadata();
  assert.deepEqual([width, height], [16, 12]);
});

Deno.test("what cannot be trained on is not shown either", async () => {
  const path = await Deno.makeTempFile({ suffix: ".jpg" });
  await Deno.writeTextFile(path, '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  const shown = () => displayImage({ kind: "file", path }, 64, "drawing.jpg");
  await assertRejects(shown, BadImage, "drawing.jpg: not a JPEG, PNG");
  await Deno.remove(path);
  const source = { kind: "file", path: folder + "small.png" } as const;
  const limits = { maxPixels: 100, maxFileBytes: 10_000 };
  await assertRejects(() => displayImage(source, 64, "small", limits), BadImage, "limit of 100;");
  await assertRejects(() => displayImage(source, 0), RangeError, "side must be");
});
