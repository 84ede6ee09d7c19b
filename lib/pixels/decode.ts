import type Sharp from "sharp";
import { BadImage, TooLarge } from "./bad_image.ts";
import type { Decoded, DecodeSettings } from "./decoded_image.ts";
import { checkClaim, checkScans, defaultImageLimits } from "./image_limits.ts";
import { isJpeg, jpegHeader } from "./jpeg_header.ts";
import { Budget } from "./budget.ts";
import { turboVersion } from "./turbo_library.ts";

/** Version of sharp, exactly as deno.json has it. */
const sharpVersion = "0.35.5";

/** Versions of the libraries that decode; others may round their pixels otherwise. */
export const decoderVersion: string = `sharp ${sharpVersion}, jpeg-turbo ${turboVersion}`;

let library: Promise<typeof Sharp> | undefined;

/**
 * sharp, loaded when it is first wanted: that takes longer than a thousand JPEGs, and a thread that
 * decodes nothing else does without.
 */
export function loadSharp(): Promise<typeof Sharp> {
  return library ??= import("sharp").then(({ default: sharp }) => {
    sharp.concurrency(1); // one thread an image: the images themselves are decoded side by side
    sharp.cache(false); // no image is decoded twice
    return sharp;
  });
}

/** Where nothing else is asked for: as many images at once as have together 64 million pixels. */
export const defaultDecodeSettings: DecodeSettings = {
  maxPixels: defaultImageLimits.maxPixels,
  budget: new Budget(defaultImageLimits.maxPixels),
  blocking: false,
};

/** What bounds one image, and all that are decoded at the same time. */
interface DecodeLimits extends Pick<DecodeSettings, "maxPixels"> {
  /** In pixels; by default that of all images of the thread. */
  readonly budget?: Budget;
}

/** The first bytes of the formats that are read; dots stand for any byte. */
const signatures: readonly RegExp[] = [
  /^\xff\xd8\xff/, // JPEG
  /^\x89PNG\r\n/,
  /^RIFF[^]{4}WEBP/,
  /^GIF8[79]a/,
  /^(II\*\0|MM\0\*)/, // TIFF
];

/** sharp's names of the colour spaces that are read: grey and red-green-blue of 8 and 16 bits. */
const colourSpaces = new Set(["b-w", "srgb", "rgb", "grey16", "rgb16"]);

/**
 * Decodes an image as `cv2.imread` does: turned by its EXIF orientation, embedded colour profiles
 * ignored, 16 bits cut to 8, the first frame of several, inks of a CMYK JPEG turned to
 * red-green-blue by OpenCV's formula. Alpha is left as a channel of its own, not composited.
 *
 * @param name the image in error messages
 * @throws {BadImage} when it is no JPEG, PNG, WebP, GIF or TIFF, claims too many pixels, has samples
 *   that do not fit 16 bits, or is damaged or cut short: the decoder's slightest warning counts,
 *   because half an image would train too
 */
export async function decode(
  bytes: Uint8Array,
  name: string,
  { maxPixels, budget = defaultDecodeSettings.budget }: DecodeLimits = defaultDecodeSettings,
): Promise<Decoded> {
  checkSignature(bytes, name);
  const sharp = await loadSharp();
  const image = sharp(bytes, {
    autoOrient: true,
    ignoreIcc: true,
    failOn: "warning",
    limitInputPixels: maxPixels,
  });
  try {
    const { pixels, cmyk } = await claim(bytes, name);
    if (pixels) checkClaim(name, ...pixels, maxPixels);
    return await budget.run(pixels ? pixels[0] * pixels[1] : maxPixels, async () => {
      if (cmyk) image.pipelineColourspace("cmyk").toColourspace("cmyk");
      const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
      const { channels } = info;
      const turned = { width: info.width, height: info.height };
      return cmyk
        ? { ...turned, channels: 3, data: cmykToRgb(data) }
        : { ...turned, channels, data };
    });
  } catch (error) {
    if (error instanceof BadImage) throw error;
    const reason = (error as Error).message.trim().split("\n")[0]!;
    if (reason.includes("exceeds pixel limit")) throw new TooLarge(name, reason, { cause: error });
    throw new BadImage(
      name,
      `the image is damaged or cut short (${reason}); ` +
        "replace it with an intact copy or take it out of the data set",
      { cause: error },
    );
  }
}

function checkSignature(bytes: Uint8Array, name: string): void {
  if (bytes.length === 0) throw new BadImage(name, "the file is empty; copy it again");
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  if (!signatures.some((signature) => signature.test(start))) {
    throw new BadImage(
      name,
      `not a JPEG, PNG, WebP, GIF or TIFF image (it starts with ${JSON.stringify(start)}); ` +
        "convert it to one of these or take it out of the data set",
    );
  }
}

/** Whether a file starts as a PNG does and has the size of the image where it belongs. */
function isPng(bytes: Uint8Array): boolean {
  return bytes.length >= 24 && String.fromCharCode(...bytes.subarray(12, 16)) === "IHDR";
}

/** What an image says of itself, before any pixel is decoded. */
interface Claim {
  /** Width and height; undefined if they could not be read. */
  readonly pixels: readonly [number, number] | undefined;
  /** Whether it is a JPEG of four inks. */
  readonly cmyk: boolean;
}

/** @throws {BadImage} if its samples are of a kind that is not read */
async function claim(bytes: Uint8Array, name: string): Promise<Claim> {
  if (isPng(bytes)) {
    // Its first chunk says it all, and of a PNG every kind of sample is read.
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return { pixels: [view.getUint32(16), view.getUint32(20)], cmyk: false };
  }
  if (isJpeg(bytes)) {
    checkScans(name, bytes);
    const { frame, width, height, components } = jpegHeader(bytes);
    // Where our own reader finds no frame, the decoder's may, and then `limitInputPixels` holds.
    return { pixels: frame ? [width, height] : undefined, cmyk: components === 4 };
  }
  const { format, width, height, depth, space, channels } = await (await loadSharp())(bytes, {
    limitInputPixels: false, // only the header is read
  }).metadata();
  const read = (depth === "uchar" || depth === "ushort") && colourSpaces.has(space ?? "") &&
    (channels ?? 0) <= 4;
  if (!read) {
    throw new BadImage(
      name,
      `a ${format} image of ${channels} channel(s) of ${depth}, colour space ${space}; only grey ` +
        "and red-green-blue of 8 or 16 bits are read, so convert it",
    );
  }
  return { pixels: [width, height], cmyk: false };
}

/** Inks (255 is full) to red-green-blue as OpenCV's JPEG reader does: (255 − ink)(255 − k) / 256. */
function cmykToRgb(inks: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(inks.length / 4 * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const light = 255 - inks[from + 3]!;
    for (let c = 0; c < 3; c++) rgb[to++] = light - (inks[from + c]! * light >> 8);
  }
  return rgb;
}
