import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import sharp, { type JpegOptions } from "sharp";
import { assertLess, assertRejects } from "../assert.ts";
import { TooLarge } from "../../lib/pixels/bad_image.ts";
import { decode, decoderVersion, defaultDecodeSettings } from "../../lib/pixels/decode.ts";
import { useJpeg } from "../../lib/pixels/decode_jpeg.ts";
import { libraryPaths, turboLibrary } from "../../lib/pixels/turbo_library.ts";
import { toGrey } from "../../lib/pixels/resize.ts";
import { drawScene } from "../../lib/data/synthetic/scene.ts";
import { species } from "../../lib/data/synthetic/species.ts";
import { Rng } from "../../lib/util/rng.ts";
import config from "../../deno.json" with { type: "json" };

const settings = { ...defaultDecodeSettings, name: "image", fast: false, grey: true };

/** A drawing as a JPEG. */
async function drawnJpeg(seed: number, options: JpegOptions, grey = false) {
  const scene = drawScene(species[seed % 50]!, new Rng(seed));
  const { width, height, channels, data } = scene;
  const image = sharp(data, { raw: { width, height, channels } }).removeAlpha();
  if (grey) image.toColourspace("b-w");
  return new Uint8Array(await image.jpeg(options).toBuffer());
}

Deno.test("there is a libjpeg-turbo to call on Linux and macOS, and the pinned one", () => {
  if (["linux", "darwin"].includes(Deno.build.os)) assert(turboLibrary() !== undefined);
  const pinned = (name: "sharp" | "@julusian/jpeg-turbo") => config.imports[name].split("@").at(-1);
  const [sharpVersion, turboVersion] = [pinned("sharp"), pinned("@julusian/jpeg-turbo")];
  assert.equal(decoderVersion, `sharp ${sharpVersion}, jpeg-turbo ${turboVersion}`);
  assert.equal(sharpVersion, sharp.versions.sharp);
});

Deno.test("the package has a library for every platform that is looked for, and none on Windows", () => {
  for (const os of ["linux", "darwin"]) {
    for (const arch of ["x86_64", "aarch64"]) {
      const paths = libraryPaths({ os, arch });
      assert(paths.length > 0 && paths.some((path) => Deno.statSync(path).isFile), `${os} ${arch}`);
    }
  }
  assert.deepEqual(libraryPaths({ os: "windows", arch: "x86_64" }), []);
});

Deno.test("the accurate transform gives sharp's pixels, bit for bit, on any thread", async () => {
  for (let seed = 0; seed < 24; seed++) {
    const grey = seed % 6 === 5;
    const jpeg = await drawnJpeg(seed, {
      quality: [30, 80, 95, 100][seed % 4]!,
      chromaSubsampling: seed % 3 ? "4:2:0" : "4:4:4",
      progressive: seed % 5 === 0,
    }, grey);
    const wanted = await decode(jpeg, "image");
    for (const blocking of [true, false]) {
      const found = await useJpeg(jpeg, { ...settings, blocking }, (image) => {
        const size = image.width * image.height * image.channels;
        return { ...image, data: image.data.slice(0, size) };
      });
      if (turboLibrary() === undefined) continue;
      assert(found !== undefined, `image ${seed} is left to sharp`);
      assert.equal(found.channels, grey ? 1 : 3);
      // sharp turns grey into three equal channels, whose luma is the same
      assert.deepEqual([found.width, found.height], [wanted.width, wanted.height]);
      const levels = grey ? toGrey(wanted) : wanted.data;
      assert.equal(found.data.length, levels.length);
      assert(found.data.every((level, i) => level === levels[i]), `image ${seed}`);
    }
  }
});

Deno.test("images side by side do not share their room for pixels", async () => {
  const jpegs = await Promise.all(Array.from({ length: 12 }, (_, seed) => drawnJpeg(seed, {})));
  const digest = (bytes: Uint8Array) => bytes.reduce((sum, x) => (sum * 31 + x) % 1_000_003, 7);
  const one = async (jpeg: Uint8Array) =>
    await useJpeg(
      jpeg,
      settings,
      ({ width, height, channels, data }) => digest(data.subarray(0, width * height * channels)),
    );
  const alone: unknown[] = [];
  for (const jpeg of jpegs) alone.push(await one(jpeg));
  for (let round = 0; round < 5; round++) {
    assert.deepEqual(await Promise.all(jpegs.map(one)), alone);
  }
});

Deno.test("after a damaged JPEG the library decodes the next ones, as before it", async () => {
  const jpeg = await drawnJpeg(1, {}),
    start = jpeg.findIndex((byte, at) => {
      return byte === 0xff && jpeg[at + 1] === 0xda; // of the pixels
    });
  for (const blocking of [true, false]) {
    for (const end of [start - 4, start + 4, jpeg.length >> 1]) {
      await useJpeg(jpeg.slice(0, end), { ...settings, blocking }, () => true);
      const found = await useJpeg(jpeg, { ...settings, blocking }, ({ width }) => width > 0);
      assert.equal(found, turboLibrary() && true, `after ${end} bytes`);
    }
  }
});

Deno.test("a JPEG that claims 65,500×65,500 pixels is refused before room is made", async () => {
  const jpeg = await drawnJpeg(1, {});
  const frame = jpeg.findIndex((byte, at) => byte === 0xff && jpeg[at + 1] === 0xc0);
  jpeg.set([0xff, 0xdc, 0xff, 0xdc], frame + 5);
  const before = Deno.memoryUsage().rss;
  const message = "image: its header claims 65500×65500 pixels, more than the limit of 64000000";
  await assertRejects(() => useJpeg(jpeg, settings, () => true), TooLarge, message);
  await assertRejects(() => decode(jpeg, "image"), TooLarge, message);
  assert(Deno.memoryUsage().rss - before < 50 * 2 ** 20);
});

Deno.test("the room for a large image is not kept", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const create = { width: 4000, height: 3000, channels: 3, background: "#456" } as const;
  const jpeg = new Uint8Array(await sharp({ create }).jpeg().toBuffer());
  const held = async () => {
    await new Promise((next) => setTimeout(next));
    collect();
    return Deno.memoryUsage().external / 2 ** 20;
  };
  const before = await held();
  const size = await useJpeg(jpeg, settings, ({ data }) => data.length);
  assert.equal(size, turboLibrary() && 36_000_000);
  assertLess(await held() - before, 16, "MiB are kept");
});
