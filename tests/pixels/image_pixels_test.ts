/** `ImagePixels` on threads of its own: batches of a `DataLoader`, whatever the images are. */
import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { assertRejects, assertThrows } from "../assert.ts";
import { fewImages } from "../few_images.ts";
import { scriptArguments } from "../script.ts";
import type { ImageSource, Split } from "../../lib/data/dataset.ts";
import { openDataset } from "../../lib/data/open_dataset.ts";
import { BadImage } from "../../lib/pixels/bad_image.ts";
import { ImagePixels } from "../../lib/pixels/image_pixels.ts";
import { DataLoader } from "../../lib/pixels/loader.ts";

function splitOf(sources: readonly ImageSource[]): Split {
  return {
    length: sources.length,
    labels: Int32Array.from(sources, (_, i) => i % 50),
    name: (i) => `image ${i}`,
    image: (i) => sources[i]!,
  };
}

const shuffled = { batchSize: 40, shuffle: true, seed: 3 } as const;

/** The bytes and labels of an epoch, batch by batch. */
async function epochOf(pixels: ImagePixels): Promise<[Uint8Array, Int32Array][]> {
  const batches: [Uint8Array, Int32Array][] = [];
  for await (const { bytes, labels } of new DataLoader(pixels, shuffled)) {
    batches.push([bytes!, labels]);
  }
  return batches;
}

Deno.test("batches are the same on any number of threads, also of images that the threads leave", async () => {
  const folder = await Deno.makeTempDir();
  const { train, val } = (await openDataset(await fewImages())).splits;
  const sources = [train, val].flatMap((split) =>
    Array.from({ length: split.length }, (_, i) => split.image(i))
  );
  for (const [kind, size] of [["jpeg", 3000], ["png", 50], ["webp", 50]] as const) {
    const create = { width: size, height: size, channels: 3, background: "#26c" } as const;
    const path = join(folder, `drawn.${kind}`);
    await Deno.writeFile(path, await sharp({ create }).toFormat(kind).toBuffer());
    sources.splice(20, 0, { kind: "file", path });
  }
  const data = Uint8Array.from({ length: 12 }, (_, i) => 20 * i);
  sources.push({ kind: "raw", width: 4, height: 3, channels: 1, data });
  const split = splitOf(sources);
  const alone = await epochOf(new ImagePixels(split, { colour: true }, { threads: 1 }));
  const pixels = new ImagePixels(split, { colour: true }, { threads: 3 });
  // the second time the threads are there already, the third time they start again
  for (let epoch = 0; epoch < 3; epoch++) {
    if (epoch === 2) pixels.end();
    assert.deepEqual(await epochOf(pixels), alone, `epoch ${epoch}`);
  }
  pixels.end();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a bad image ends the epoch with the error that it has on the calling thread", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "good.jpg");
  const create = { width: 40, height: 30, channels: 3, background: "#f00" } as const;
  const jpeg = await sharp({ create }).jpeg().toBuffer();
  await Deno.writeFile(path, jpeg);
  const good = Array.from({ length: 300 }, (): ImageSource => ({ kind: "file", path }));
  const cut = join(folder, "cut.jpg"), text = join(folder, "text.jpg");
  await Deno.writeFile(cut, jpeg.subarray(0, jpeg.length - 40));
  await Deno.writeTextFile(text, "no image");
  for (const bad of [cut, text, folder, join(folder, "missing.jpg")]) {
    const split = splitOf(good.with(190, { kind: "file", path: bad }));
    const alone = new ImagePixels(split, {}, { threads: 1 });
    const pixels = new ImagePixels(split, {}, { threads: 2 });
    const wanted = await alone.get(190).catch((error) => error);
    assert(wanted instanceof BadImage && wanted.message.startsWith("image 190: "));
    await assertRejects(() => epochOf(pixels), BadImage, wanted.message);
    pixels.end();
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("after a break no more images are read, and nothing is left running", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "image.jpg");
  const create = { width: 40, height: 30, channels: 3, background: "#f00" } as const;
  await Deno.writeFile(path, await sharp({ create }).jpeg().toBuffer());
  const asked = new Set<number>();
  const split = splitOf(Array.from({ length: 4000 }, () => ({ kind: "file", path })));
  const watched = { ...split, image: (i: number) => (asked.add(i), split.image(i)) };
  const pixels = new ImagePixels(watched, {}, { threads: 2 });
  for await (const { size } of new DataLoader(pixels, { batchSize: 100, prefetch: 2 })) {
    assert.equal(size, 100);
    break;
  }
  assert(asked.size <= 400, `${asked.size} images were asked for`);
  // batches wait for a free thread, and those that nobody wants any more are dropped there
  const stopped = AbortSignal.abort(new Error("nobody wants them"));
  const indices = Int32Array.from({ length: 4000 }, (_, i) => i);
  await assertRejects(() => pixels.getAll!(indices, stopped), Error, "nobody wants them");
  pixels.end();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("threads are asked for in whole numbers, and an index beyond the end is refused", async () => {
  const split = splitOf([{ kind: "file", path: "nowhere.jpg" }]);
  for (const threads of [0, -1, 1.5, NaN]) {
    const message = `threads must be an integer from 1, got ${threads}`;
    assertThrows(() => new ImagePixels(split, {}, { threads }), RangeError, message);
  }
  const pixels = new ImagePixels(split, {}, { threads: 2 });
  const { signal } = new AbortController();
  await assertRejects(
    () => pixels.getAll!(Int32Array.of(1), signal),
    RangeError,
    "there is no image 1: the split has 1, from 0",
  );
  assert.equal(new ImagePixels(split).getAll, undefined, "one image is worth no thread");
});

Deno.test("threads that are idle do not keep a program alive", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "image.png");
  const create = { width: 40, height: 30, channels: 3, background: "#f00" } as const;
  await Deno.writeFile(path, await sharp({ create }).png().toBuffer());
  const entry = JSON.stringify(import.meta.resolve("../../lib/mod.ts"));
  const program = `
    import { DataLoader, ImagePixels } from ${entry};
    const image = () => ({ kind: "file", path: ${JSON.stringify(path)} });
    const split = { length: 100, labels: new Int32Array(100), image, name: String };
    for await (const { bytes } of new DataLoader(new ImagePixels(split, {}, { threads: 2 }))) {
      console.log(bytes[0]);
    }
    Deno.unrefTimer(setTimeout(() => console.log("is alive"), 5000));`;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: scriptArguments(program),
    stderr: "inherit",
  }).output();
  assert.equal(code, 0);
  assert.equal(new TextDecoder().decode(stdout), "76\n");
  await Deno.remove(folder, { recursive: true });
});
