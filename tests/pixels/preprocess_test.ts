import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import fc from "../fast_check.ts";
import sharp from "sharp";
import { assertRejects } from "../assert.ts";
import { BadImage } from "../../lib/pixels/bad_image.ts";
import { decode, defaultDecodeSettings } from "../../lib/pixels/decode.ts";
import { useJpeg } from "../../lib/pixels/decode_jpeg.ts";
import { isJpeg } from "../../lib/pixels/jpeg_header.ts";
import { contentKey } from "../../lib/pixels/pixel_cache_key.ts";
import {
  preprocess,
  type PreprocessOptions,
  preprocessOptions,
} from "../../lib/pixels/preprocess.ts";
import { toGrey } from "../../lib/pixels/resize.ts";
import expected from "../fixtures/opencv/expected.json" with { type: "json" };

const folder = fileURLToPath(new URL("../fixtures/opencv/", import.meta.url));
const filters = ["opencv", "antialiased"] as const;

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  assert.deepEqual(a.length, b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

function raw(width: number, height: number, channels: 1 | 3, data: Uint8Array) {
  return { kind: "raw", width, height, channels, data } as const;
}

for (const [name, wanted] of Object.entries(expected.images)) {
  for (const filter of filters) {
    const maker = filter === "opencv" ? "OpenCV" : "Pillow";
    Deno.test(`${filter}: ${name} agrees with ${maker} to one grey level`, async () => {
      const grey = await preprocess({ kind: "file", path: folder + name }, { filter });
      const most = largestDifference(grey, fromBase64(wanted[filter]));
      assert(most <= 1, `${most} grey levels apart`);
    });
  }
}

Deno.test("the fast decoder stays within a few levels, and leaves to the exact one what is special", async () => {
  const special = new Set(["cmyk.jpg", "rotated.jpg"]);
  let fast = 0;
  for (const name of Object.keys(expected.images)) {
    const bytes = await Deno.readFile(folder + name);
    const source = { kind: "file", path: folder + name } as const;
    const [exact, quick] = await Promise.all(
      (["exact", "fast"] as const).map((decoder) => preprocess(source, { decoder })),
    );
    const settings = { ...defaultDecodeSettings, name, fast: true, grey: true };
    const taken = isJpeg(bytes) && await useJpeg(bytes, settings, () => true) === true;
    assert.deepEqual(taken, name.endsWith(".jpg") && !special.has(name), name);
    if (!taken) assert.deepEqual(quick, exact, name);
    else assert(largestDifference(quick!, exact!) <= 4, name);
    if (taken) fast++;
  }
  assert(fast >= 4, `only ${fast} files were decoded fast`);
});

Deno.test("the fast decoder keeps colours, and takes a damaged file for damaged", async () => {
  const path = folder + "colour.jpg";
  const source = { kind: "file", path } as const;
  const options = { colour: true, width: 16, height: 16 };
  const quick = await preprocess(source, { ...options, decoder: "fast" });
  assert(largestDifference(quick, await preprocess(source, options)) <= 5);
  const cut = await Deno.makeTempFile({ suffix: ".jpg" });
  const bytes = await Deno.readFile(path);
  await Deno.writeFile(cut, bytes.subarray(0, bytes.length >> 1));
  await assertRejects(
    () => preprocess({ kind: "file", path: cut }, { decoder: "fast" }),
    Error,
    `${cut}: the image is damaged or cut short`,
  );
  await Deno.remove(cut);
});

Deno.test("an embedded colour profile changes nothing, as in OpenCV", async () => {
  const plain = await Deno.readFile(folder + "small.png");
  const tagged = await sharp(plain).withIccProfile("p3").png().toBuffer();
  const { icc } = await sharp(tagged).metadata();
  assert(icc, "the image carries a profile");
  // The same file without its iCCP chunk: length, name, data and checksum.
  const at = tagged.indexOf("iCCP") - 4;
  const end = at + 12 + tagged.readUInt32BE(at);
  const bare = Uint8Array.from([...tagged.subarray(0, at), ...tagged.subarray(end)]);
  assert.deepEqual(await decode(tagged, "tagged"), await decode(bare, "bare"));
});

Deno.test("luma of a lossless image is OpenCV's, bit for bit", async () => {
  const wanted = expected.images["small.png"];
  const image = await decode(await Deno.readFile(folder + "small.png"), "small.png");
  assert.deepEqual([image.width, image.height], [wanted.width, wanted.height]);
  assert.deepEqual(toGrey(image), fromBase64(wanted.luma));
});

const side = fc.integer({ min: 1, max: 70 });
const someFilter = fc.constantFrom(...filters);

Deno.test("a grey image of one level keeps it at every size", async () => {
  await fc.assert(
    fc.asyncProperty(
      ...[side, side, side, side] as const,
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(1 as const, 3 as const),
      someFilter,
      async (fromWidth, fromHeight, width, height, level, channels, filter) => {
        const data = new Uint8Array(fromWidth * fromHeight * channels).fill(level);
        const source = raw(fromWidth, fromHeight, channels, data);
        const grey = await preprocess(source, { width, height, filter });
        assert.deepEqual(grey.length, width * height);
        // OpenCV's fixed point drops bits: its own result may be one level lower.
        const tolerance = filter === "opencv" ? 1 : 0;
        assert(grey.every((value) => Math.abs(value - level) <= tolerance));
      },
    ),
  );
});

/** A random grey image. */
const image = fc.tuple(side, side).chain(([width, height]) =>
  fc.uint8Array({ minLength: width * height, maxLength: width * height })
    .map((data) => raw(width, height, 1, data))
);

Deno.test("resizing to the size it has changes nothing", async () => {
  await fc.assert(fc.asyncProperty(image, someFilter, async (source, filter) => {
    const { width, height } = source;
    assert.deepEqual(await preprocess(source, { width, height, filter }), source.data);
  }));
});

function mirrored(data: Uint8Array, width: number): Uint8Array {
  return data.map((_, i) => data[i - i % width + width - 1 - i % width]!);
}

Deno.test("mirroring before is mirroring after, to one grey level", async () => {
  await fc.assert(fc.asyncProperty(image, someFilter, async (source, filter) => {
    const { width, height, data } = source;
    const before = await preprocess(raw(width, height, 1, mirrored(data, width)), { filter });
    const after = mirrored(await preprocess(source, { filter }), 32);
    assert(largestDifference(before, after) <= 1);
  }));
});

Deno.test("antialiasing averages fine stripes that OpenCV's filter samples", async () => {
  const stripes = new Uint8Array(96 * 96).map((_, i) => i % 3 === 1 ? 255 : 0);
  const source = raw(96, 96, 1, stripes);
  assert((await preprocess(source)).every((value) => value === 255));
  const smooth = await preprocess(source, { filter: "antialiased" });
  assert(smooth.every((value) => value > 60 && value < 150));
});

Deno.test("width and height are not mixed up", async () => {
  const source = raw(2, 1, 1, Uint8Array.of(0, 255));
  const wide = await preprocess(source, { width: 4, height: 1 });
  assert.deepEqual(wide.length, 4);
  assert(wide[0]! < wide[3]!);
  const high = await preprocess(source, { width: 1, height: 4 });
  assert(high.every((value) => value === high[0]));
});

Deno.test("in colour the planes are red, green, blue, each resized as grey is", async () => {
  await fc.assert(
    fc.asyncProperty(image, someFilter, fc.constantFrom(5, 9), async (red, filter, size) => {
      const { width, height, data } = red;
      const planes = [data, data.map((x) => 255 - x), data.map((x) => x >> 1)];
      const mixed = new Uint8Array(3 * data.length);
      planes.forEach((plane, c) => plane.forEach((x, i) => mixed[3 * i + c] = x));
      const options = { width: size, height: size, filter };
      const colour = await preprocess(raw(width, height, 3, mixed), { ...options, colour: true });
      const each = await Promise.all(
        planes.map((plane) => preprocess(raw(width, height, 1, plane), options)),
      );
      assert.deepEqual(colour, Uint8Array.from(each.flatMap((plane) => [...plane])));
      const grey = await preprocess(red, { ...options, colour: true });
      assert.deepEqual(grey, Uint8Array.from([0, 1, 2].flatMap(() => [...each[0]!])));
    }),
    { numRuns: 30 },
  );
});

Deno.test("options without sense are refused by name and value", async () => {
  const source = raw(1, 1, 1, Uint8Array.of(0));
  const bad: [Partial<PreprocessOptions>, string][] = [
    [{ widht: 9 } as object, "preprocessing has the unknown option widht; it has width, height, "],
    [{ width: 0 }, "width must be an integer from 1 to 4096, got 0"],
    [{ height: 2.5 }, "height must be an integer from 1 to 4096, got 2.5"],
    [{ decoder: "slow" as "fast" }, 'decoder must be "exact" or "fast", got slow'],
    [{ colour: 1 as unknown as boolean }, "colour must be true or false, got 1"],
    [{ filter: "cubic" as "opencv" }, 'filter must be "opencv" or "antialiased", got cubic'],
  ];
  for (const [options, message] of bad) {
    await assertRejects(() => preprocess(source, options), RangeError, message);
  }
});

Deno.test("files that are no intact image are refused by name", async (t) => {
  const dir = await Deno.makeTempDir();
  const intact = await Deno.readFile(folder + "colour.jpg");
  const damaged = intact.slice();
  damaged.fill(0xff, intact.length >> 1, (intact.length >> 1) + 40);
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
  const png = await Deno.readFile(folder + "small.png");
  const cases: [name: string, content: Uint8Array, message: string][] = [
    ["cut.jpg", intact.subarray(0, intact.length * 3 / 4), "damaged or cut short"],
    ["cut.png", png.subarray(0, png.length - 200), "damaged or cut short"],
    ["damaged.jpg", damaged, "damaged or cut short"],
    ["svg.jpg", new TextEncoder().encode(svg), "not a JPEG, PNG"],
    ["text.jpg", new TextEncoder().encode("no image"), "not a JPEG, PNG"],
    ["start.jpg", Uint8Array.of(0xff, 0xd8, 0xff), "damaged or cut short"],
    ["empty.jpg", new Uint8Array(), "the file is empty"],
  ];
  try {
    for (const [name, content, message] of cases) {
      await t.step(name, async () => {
        const path = `${dir}/${name}`;
        await Deno.writeFile(path, content);
        const error = await assertRejects(() => preprocess({ kind: "file", path }), Error, message);
        assert(error.message.includes(path));
      });
    }
    await t.step("missing.jpg", async () => {
      const path = `${dir}/missing.jpg`;
      const error = await assertRejects(
        () => preprocess({ kind: "file", path }, {}, "train/missing.jpg"),
        Error,
        "there is no such file",
      );
      assert(error.message.startsWith("train/missing.jpg: ") && error.message.includes(path));
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("raw pixels of the wrong length are refused by name", async () => {
  const source = raw(4, 4, 3, new Uint8Array(47));
  await assertRejects(() => preprocess(source, {}, "data_batch_1.bin#7"), Error, "#7: 47 bytes");
});

Deno.test("raw pixels of a size that no image has are refused by name, also where their count fits", async () => {
  const sizes = [[-4, -2, 1], [2.5, 4, 1], [4, 4, 0.5], [1, 1, 5], [1, -2, -4], [4, 2, NaN]];
  for (const [width, height, channels] of sizes as [number, number, number][]) {
    const length = Math.abs(width * height * channels) || 8;
    const image = raw(width, height, channels as 1, new Uint8Array(length));
    const message = `there is no image of ${width}×${height} pixels and ${channels} channel(s)`;
    await assertRejects(() => preprocess(image), BadImage, message);
  }
});

Deno.test("a cropped image is the middle part, of a squashed one all is there; their keys differ", async () => {
  // 12 columns of 4 rows: the middle 4 × 4 are 8, the left part is 0, the right part is 200
  const data = Uint8Array.from({ length: 48 }, (_, i) => [0, 8, 200][Math.floor(i % 12 / 4)]!);
  const wide = raw(12, 4, 1, data), options = { width: 4, height: 4 };
  const cropped = await preprocess(wide, { ...options, framing: "crop" });
  assert.deepEqual([...cropped], Array(16).fill(8));
  const squashed = await preprocess(wide, options);
  assert(squashed.includes(0) && squashed.includes(200));
  const turned = Uint8Array.from({ length: 48 }, (_, i) => [0, 8, 200][Math.floor(i / 16)]!);
  const tall = await preprocess(raw(4, 12, 1, turned), { ...options, framing: "crop" });
  assert.deepEqual([...tall], Array(16).fill(8));
  const key = (framing: PreprocessOptions["framing"]) =>
    contentKey(new Uint8Array(32), Int32Array.of(0), preprocessOptions({ framing }));
  assert.notEqual(key("crop"), key("squash"));
  const wrong = { framing: "fit" } as unknown as Partial<PreprocessOptions>;
  await assertRejects(() => preprocess(wide, wrong), RangeError, "got fit");
});
