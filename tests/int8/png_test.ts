/** Our decoder of PNG files beside sharp's. */
import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { decodePng, isPng } from "../../lib/int8/png.ts";
import { BadImage } from "../../lib/pixels/bad_image.ts";
import { decode } from "../../lib/pixels/decode.ts";
import { shrink } from "../../lib/pixels/shrink.ts";
import { crc32 } from "../../lib/util/crc32.ts";
import { Rng } from "../../lib/util/rng.ts";
import { projectRoot } from "../../lib/util/files.ts";
import fc from "../fast_check.ts";

const fixtures = join(projectRoot, "tests/fixtures/opencv");

/** What a network would see of both decoders' pixels, in grey and in colour. */
async function seen(bytes: Uint8Array): Promise<readonly [ours: Uint8Array, sharps: Uint8Array]> {
  const decoded = [await decodePng(bytes, "ours"), await decode(bytes, "sharp's")] as const;
  const [ours, sharps] = decoded.map(({ width, height, channels, data }) => {
    const size = { width, height, filter: "opencv", framing: "squash" } as const;
    const image = { width, height, channels, data };
    const grey = shrink(image, { ...size, colour: false });
    return new Uint8Array([...grey, ...shrink(image, { ...size, colour: true })]);
  });
  return [ours!, sharps!];
}

Deno.test("the PNGs that were compared with OpenCV have the same pixels as by sharp", async () => {
  let count = 0;
  for (const { name } of Deno.readDirSync(fixtures)) {
    if (!name.endsWith(".png")) continue;
    const [ours, sharps] = await seen(await Deno.readFile(join(fixtures, name)));
    assert.deepEqual(ours, sharps, name);
    count++;
  }
  assert(count >= 7, `only ${count} fixtures`);
});

/** PNG files of random pixels, of all that sharp writes. */
const files = fc.record({
  channels: fc.constantFrom(1, 2, 3, 4),
  width: fc.integer({ min: 1, max: 19 }),
  height: fc.integer({ min: 1, max: 19 }),
  bits: fc.constantFrom(8, 16),
  progressive: fc.boolean(),
  adaptiveFiltering: fc.boolean(),
  palette: fc.boolean(),
  colours: fc.constantFrom(2, 4, 16, 256),
  seed: fc.nat(1000),
});

Deno.test("PNGs of all kinds have the same pixels as by sharp: filters, passes, palettes, 16 bits", async () => {
  await fc.assert(fc.asyncProperty(files, async (file) => {
    const { channels, width, height, bits, colours, seed, palette, ...how } = file;
    const rng = new Rng(seed), length = width * height * channels;
    const data = bits === 8
      ? Uint8Array.from({ length }, () => rng.int(256))
      : Uint16Array.from({ length }, () => rng.int(65536));
    const raw = { width, height, channels: channels as 1 | 2 | 3 | 4 };
    const image = sharp(data, { raw });
    const space = bits === 8 ? (channels < 3 ? "b-w" : "srgb") : channels < 3 ? "grey16" : "rgb16";
    const few = palette && bits === 8 ? { palette, colours } : {};
    const bytes = await image.toColourspace(space).png({ ...how, ...few }).toBuffer();
    const [ours, sharps] = await seen(bytes);
    assert.deepEqual(ours, sharps);
  }));
});

Deno.test("a PNG that its EXIF data turn is turned as by sharp, on both byte orders", async () => {
  const data = Uint8Array.from({ length: 7 * 4 * 3 }, (_, i) => i * 3);
  const raw = { width: 7, height: 4, channels: 3 } as const;
  const plain = new Uint8Array(await sharp(data, { raw }).png().toBuffer());
  // the chunk stands behind the header's, which ends at byte 33
  const withExif = (exif: Uint8Array) => {
    const chunk = new Uint8Array(12 + exif.length), view = new DataView(chunk.buffer);
    view.setUint32(0, exif.length);
    chunk.set([...new TextEncoder().encode("eXIf"), ...exif], 4);
    view.setUint32(8 + exif.length, crc32(chunk.subarray(4, 8 + exif.length)));
    return new Uint8Array([...plain.subarray(0, 33), ...chunk, ...plain.subarray(33)]);
  };
  for (const isLittle of [true, false]) {
    for (let orientation = 0; orientation <= 9; orientation++) {
      const exif = new Uint8Array(26), view = new DataView(exif.buffer);
      exif.set(isLittle ? [0x49, 0x49] : [0x4d, 0x4d]);
      view.setUint16(2, 42, isLittle);
      view.setUint32(4, 8, isLittle);
      [1, 0x112, 3].forEach((word, i) => view.setUint16(8 + 2 * i, word, isLittle));
      view.setUint32(14, 1, isLittle);
      view.setUint16(18, orientation, isLittle);
      const bytes = withExif(exif), [ours, sharps] = await seen(bytes);
      assert.deepEqual(ours, sharps, `${orientation}`);
      const { width } = await decodePng(bytes, "ours");
      assert.equal(width, orientation >= 5 && orientation <= 8 ? 4 : 7);
      // what is cut short or says something else turns nothing and ends nothing
      for (let length = 0; length < 20; length++) {
        assert.equal((await decodePng(withExif(exif.subarray(0, length)), "cut")).width, 7);
      }
    }
  }
});

Deno.test("a PNG that is cut or changed anywhere is refused by name", async () => {
  const bytes = await Deno.readFile(join(fixtures, "small.png"));
  assert(isPng(bytes) && !isPng(bytes.subarray(1)));
  for (let at = 8; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at]! ^= 0x10;
    for (const broken of [bytes.slice(0, at), changed]) {
      await assert.rejects(
        () => decodePng(broken, "photo.png"),
        (error) => error instanceof BadImage && error.image === "photo.png",
        `byte ${at}`,
      );
    }
  }
});
