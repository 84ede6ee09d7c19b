import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { assertRejects } from "../assert.ts";
import type { Dataset, Split, SplitName } from "../../lib/data/dataset.ts";
import { BadImage, BadImages } from "../../lib/pixels/bad_image.ts";
import { type LoadOptions, loadPixels } from "../../lib/pixels/load_pixels.ts";
import { preprocess } from "../../lib/pixels/preprocess.ts";
import { floatTiff } from "./float_tiff.ts";
import { withoutOpening } from "./without_opening.ts";

const fixtures = fileURLToPath(new URL("../fixtures/opencv/", import.meta.url));

/** A flat image of some colour. */
function flat(width: number, height: number, background = "#a4c") {
  return sharp({ create: { width, height, channels: 3, background } });
}

/** A folder for a test's files, removed afterwards. */
function test(name: string, body: (folder: string) => Promise<void>): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await body(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** A data set of files, one class; as many labels as files. */
function dataset(root: string, files: Record<SplitName, readonly string[]>): Dataset {
  const split = (names: readonly string[]): Split => ({
    length: names.length,
    labels: Int32Array.from(names, (_, i) => i % 3),
    name: (i) => names[i]!,
    image: (i) => ({ kind: "file", path: join(root, names[i]!) }),
  });
  return {
    name: "files",
    root,
    layout: "list",
    classes: ["ant", "bee", "cat"],
    synthetic: false,
    splits: { train: split(files.train), val: split(files.val), test: split(files.test) },
  };
}

/** Writes good images and returns their names. */
async function good(folder: string, prefix: string, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, i) => `${prefix}${i}.jpg`);
  for (const [i, name] of names.entries()) {
    // each has a grey of its own: images with the same pixels would be told
    const level = (prefix.charCodeAt(0) + 20 * i).toString(16).padStart(2, "0");
    const colour = `#${level.repeat(3)}`;
    await Deno.writeFile(join(folder, name), await flat(20 + i, 30, colour).jpeg().toBuffer());
  }
  return names;
}

/** An image of more pixels than the limit; made once, since that takes two seconds. */
let manyPixels: Promise<Uint8Array> | undefined;

/** What is no image, and what is said of it. */
async function badFiles(folder: string): Promise<[name: string, reason: RegExp][]> {
  const write = (name: string, content: Uint8Array | string) =>
    Deno.writeFile(
      join(folder, name),
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  const jpeg = await Deno.readFile(fixtures + "colour.jpg");
  await write("empty.jpg", "");
  await write("cut.jpg", jpeg.subarray(0, jpeg.length >> 1));
  await write("text.jpg", "this is no image");
  await write("drawing.jpg", '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  await Deno.mkdir(join(folder, "folder.jpg"));
  await Deno.symlink(join(folder, "nowhere"), join(folder, "dangling.jpg"));
  await Deno.symlink(join(folder, "loop.jpg"), join(folder, "loop.jpg"));
  await write("float.tif", floatTiff(8, 6));
  manyPixels ??= flat(8100, 8000).jpeg().toBuffer();
  await write("many.jpg", await manyPixels);
  await write("inks.tif", await flat(9, 9).toColourspace("cmyk").tiff().toBuffer());
  const bad: [string, RegExp][] = [
    ["missing.jpg", /there is no such file/],
    ["empty.jpg", /the file is empty/],
    ["cut.jpg", /damaged or cut short/],
    ["text.jpg", /not a JPEG, PNG, WebP, GIF or TIFF/],
    ["drawing.jpg", /not a JPEG, PNG, WebP, GIF or TIFF/],
    ["folder.jpg", /it is a folder/],
    ["dangling.jpg", /there is no such file/],
    ["loop.jpg", /it cannot be read/],
    ["float.tif", /1 channel\(s\) of float/],
    ["many.jpg", /8100×8000 pixels, more than the limit of 64000000/],
    ["inks.tif", /colour space cmyk/],
  ];
  if (Deno.build.os !== "windows") {
    await new Deno.Command("mkfifo", { args: [join(folder, "pipe.jpg")] }).output();
    await Deno.symlink("/dev/zero", join(folder, "endless.jpg"));
    bad.push(["pipe.jpg", /a device, a pipe or a socket/]);
    bad.push(["endless.jpg", /a device, a pipe or a socket/]);
  }
  return bad;
}

/** What loading says and does, with a cache in the folder. */
async function load(data: Dataset, options: LoadOptions = {}) {
  const notices: string[] = [];
  const onNotice = (message: string) => void notices.push(message);
  const cacheDir = join(data.root, "cache");
  const pixels = await loadPixels(data, {}, { cacheDir, onNotice, ...options });
  return { pixels, notices };
}

for (const threads of [1, 3]) {
  test(`bad training images are set aside with their reasons, on ${threads} thread(s)`, async (folder) => {
    const bad = await badFiles(folder);
    const fine = await good(folder, "fine", 5);
    const held = await good(folder, "held", 2);
    // a good one after every third bad one
    const names = bad.map(([name]) => name);
    [2, 5, 8, 11].forEach((at, k) => names.splice(at, 0, fine[k]!));
    names.push(fine[4]!);
    const data = dataset(folder, { train: names, val: [held[0]!], test: [held[1]!] });
    const { pixels, notices } = await load(data, { threads });

    const aside = pixels.setAside.train;
    const expected = names.map((name, index) => ({ name, index }))
      .filter(({ name }) => !fine.includes(name));
    assert.deepEqual(aside.map(({ name, index }) => ({ name, index })), expected);
    for (const { name, reason } of aside) assert.match(reason, new Map(bad).get(name)!, name);
    assert.deepEqual([pixels.setAside.val, pixels.setAside.test], [[], []]);
    assert.equal(notices.length, 1);
    assert(notices[0]!.startsWith(`${bad.length} of ${names.length} train images cannot be used`));

    // the good ones have their own pixels and labels
    assert.equal(pixels.train.length, 5);
    for (const [i, name] of fine.entries()) {
      const path = join(folder, name);
      assert.deepEqual(pixels.train.get(i), await preprocess({ kind: "file", path }));
      assert.equal(pixels.train.labels[i], names.indexOf(name) % 3);
    }

    // and so from the cache, where the list is kept
    const again = await load(data);
    assert.deepEqual(again.pixels.setAside, pixels.setAside);
    assert.deepEqual(again.pixels.train.pixels, pixels.train.pixels);
    assert.deepEqual(again.notices, notices);
    assert.equal(again.pixels.key, pixels.key);
  });
}

test("loading tells of training images that are tested on, from the files and from the cache", async (folder) => {
  const [first, second, held] = await good(folder, "fine", 3);
  await Deno.copyFile(join(folder, second!), join(folder, "copy.jpg"));
  const data = dataset(folder, { train: [first!, second!], val: [held!], test: ["copy.jpg"] });
  for (let time = 0; time < 2; time++) {
    const { notices } = await load(data);
    assert.equal(notices.length, 2);
    assert.match(notices[0]!, /^1 test image has the pixels of a train image/);
    assert.match(notices[1]!, /^1 of them has two labels/);
  }
});

test("an image that was mended is no longer set aside", async (folder) => {
  const train = await good(folder, "fine", 3), held = await good(folder, "held", 2);
  const intact = await Deno.readFile(join(folder, train[1]!));
  await Deno.writeFile(join(folder, train[1]!), intact.subarray(0, 200));
  const data = dataset(folder, { train, val: [held[0]!], test: [held[1]!] });
  const before = (await load(data)).pixels;
  assert.deepEqual(before.setAside.train.map(({ index }) => index), [1]);
  await Deno.writeFile(join(folder, train[1]!), intact);
  const after = await load(data);
  assert.deepEqual([after.pixels.train.length, after.pixels.setAside.train], [3, []]);
  assert.deepEqual(after.notices, []);
  assert.notEqual(after.pixels.key, before.key);
});

test("bad validation and test images are listed in one error, before training images are read", async (folder) => {
  const bad = await badFiles(folder);
  const train = await good(folder, "fine", 3);
  const names = bad.map(([name]) => name);
  const half = names.length >> 1;
  const data = dataset(folder, { train, val: names.slice(0, half), test: names.slice(half) });
  await withoutOpening("fine", async () => {
    const error = await assertRejects(() => load(data), BadImages);
    assert.deepEqual(error.images.map(({ name }) => name), names);
    for (const [name, reason] of bad) {
      const line = error.message.split("\n").find((text) => text.startsWith(`  ${name}: `));
      assert.match(line ?? "", reason);
    }
  });
});

test("bad validation and test images are set aside when that is asked for", async (folder) => {
  const train = await good(folder, "fine", 2), held = await good(folder, "held", 2);
  await Deno.writeTextFile(join(folder, "text.jpg"), "no image");
  const data = dataset(folder, {
    train,
    val: ["text.jpg", held[0]!],
    test: [held[1]!, "none.jpg"],
  });
  await assertRejects(() => load(data), BadImages, "2 images cannot be used");
  const { pixels, notices } = await load(data, { setAsideHeldOut: true });
  assert.deepEqual([pixels.val.length, pixels.test.length], [1, 1]);
  assert.deepEqual([...pixels.val.labels, ...pixels.test.labels], [1, 0]);
  assert.deepEqual(pixels.setAside.val.map(({ name }) => name), ["text.jpg"]);
  assert.deepEqual(pixels.setAside.test.map(({ index }) => index), [1]);
  assert.equal(notices.length, 2);
});

test("a strict load stops at the first bad image, and reads nothing if a file is missing", async (folder) => {
  const train = await good(folder, "fine", 3), held = await good(folder, "held", 2);
  const data = dataset(folder, { train, val: [held[0]!], test: [held[1]!, "none.jpg"] });
  await withoutOpening(".jpg", async () => {
    const missing = await assertRejects(() => load(data, { strict: true }), BadImage);
    assert(missing.message.startsWith("none.jpg: there is no such file"));
  });
  await Deno.writeTextFile(join(folder, "none.jpg"), "no image");
  for (const threads of [1, 2]) {
    const damaged = await assertRejects(() => load(data, { strict: true, threads }), BadImage);
    assert(damaged.message.startsWith("none.jpg: not a JPEG"));
  }
});

test("a training list without one good image is an error that lists them", async (folder) => {
  const held = await good(folder, "held", 2);
  const data = dataset(folder, { train: ["a.jpg", "b.jpg"], val: [held[0]!], test: [held[1]!] });
  await assertRejects(() => load(data), BadImages, "2 images cannot be used:\n  a.jpg: ");
});

test("unusual but good images are decoded as they are", async (folder) => {
  const frames = [flat(12, 9, "#f00"), flat(12, 9, "#00f")].map((frame) => frame.png().toBuffer());
  const animated = await sharp(await Promise.all(frames), { join: { animated: true } })
    .webp({ lossless: true }).toBuffer();
  const cases: [name: string, content: Uint8Array, grey: number][] = [
    ["animated.webp", animated, 76], // the first frame, red
    ["one.png", await flat(1, 1, "#0f0").png().toBuffer(), 150],
    ["wide.png", await flat(30_000, 1, "#00f").png().toBuffer(), 29],
    ["tall.jpg", await flat(1, 30_000, "#fff").jpeg().toBuffer(), 255],
    ["misnamed.jpg", await flat(9, 9, "#fff").gif().toBuffer(), 255],
    ["deep.tif", await flat(9, 9, "#fff").toColourspace("rgb16").tiff().toBuffer(), 255],
  ];
  for (const [name, content, grey] of cases) {
    await Deno.writeFile(join(folder, name), content);
    const pixels = await preprocess({ kind: "file", path: join(folder, name) });
    // OpenCV's fixed point drops bits: a level may be one lower.
    assert(pixels.every((level) => level === grey || level === grey - 1), `${name}: ${pixels[0]}`);
  }
});

test("files and headers beyond the limits are refused, and pass when the limits are raised", async (folder) => {
  const path = join(folder, "image.png");
  await Deno.writeFile(path, await flat(60, 50).png().toBuffer());
  const { size } = await Deno.stat(path);
  const open = (limits: { maxPixels?: number; maxFileBytes?: number }) =>
    preprocess({ kind: "file", path }, limits, "image.png");
  await assertRejects(() => open({ maxPixels: 2999 }), BadImage, "60×50 pixels, more than");
  await assertRejects(
    () => open({ maxFileBytes: size - 1 }),
    BadImage,
    `the file has ${size} bytes`,
  );
  assert.equal((await open({ maxPixels: 3000, maxFileBytes: size })).length, 1024);
  await assertRejects(() => open({ maxPixels: 0 }), RangeError, "maxPixels must be");
  await assertRejects(() => open({ maxFileBytes: 1.5 }), RangeError, "maxFileBytes must be");
});

test("small files that claim much memory are refused without taking it", async (folder) => {
  const image = flat(8100, 8000);
  const bombs = {
    "flat.png": image.clone().png(),
    "flat.webp": image.clone().webp({ effort: 0, lossless: true }), // 38 bytes
  };
  for (const [name, image] of Object.entries(bombs)) {
    const path = join(folder, name);
    await Deno.writeFile(path, await image.toBuffer());
    const used = Deno.memoryUsage().rss;
    await assertRejects(() => preprocess({ kind: "file", path }), BadImage, "8100×8000 pixels");
    assert(Deno.memoryUsage().rss - used < 50 * 2 ** 20, name);
  }
});
