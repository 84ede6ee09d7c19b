import sharp from "sharp";
import type { Decoded } from "./decoded_image.ts";
import { jpegHeader, turboVersion } from "./jpeg.ts";

sharp.concurrency(1); // one thread an image: the images themselves are decoded side by side
sharp.cache(false); // no image is decoded twice

/** Versions of the libraries that decode; others may round their pixels otherwise. */
export const decoderVersion: string = `sharp ${sharp.versions.sharp}, jpeg-turbo ${turboVersion}`;

/** The first bytes of the formats that are read; dots stand for any byte. */
const signatures: readonly RegExp[] = [
  /^\xff\xd8\xff/, // JPEG
  /^\x89PNG\r\n/,
  /^RIFF[^]{4}WEBP/,
  /^GIF8[79]a/,
  /^(II\*\0|MM\0\*)/, // TIFF
];

/**
 * Decodes an image as `cv2.imread` does: turned by its EXIF orientation, embedded colour profiles
 * ignored, 16 bits cut to 8, the first frame of several, inks of a CMYK JPEG turned to
 * red-green-blue by OpenCV's formula. Alpha is left as a channel of its own, not composited.
 *
 * @param name the image in error messages
 * @throws {Error} naming the image, when it is no JPEG, PNG, WebP, GIF or TIFF, or is damaged or
 *   cut short: the decoder's slightest warning counts, because half an image would train too
 */
export async function decode(bytes: Uint8Array, name: string): Promise<Decoded> {
  if (bytes.length === 0) throw new Error(`${name}: the file is empty; copy it again`);
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  if (!signatures.some((signature) => signature.test(start))) {
    throw new Error(
      `${name}: not a JPEG, PNG, WebP, GIF or TIFF image (it starts with ` +
        `${JSON.stringify(start)}); convert it to one of these or take it out of the data set`,
    );
  }
  const cmyk = isJpeg(bytes) && jpegHeader(bytes).components === 4;
  let decoded;
  try {
    const image = sharp(bytes, { autoOrient: true, ignoreIcc: true, failOn: "warning" });
    if (cmyk) image.pipelineColourspace("cmyk").toColourspace("cmyk");
    decoded = await image.raw().toBuffer({ resolveWithObject: true });
  } catch (error) {
    const reason = (error as Error).message.trim().split("\n")[0];
    throw new Error(
      `${name}: the image is damaged or cut short (${reason}); ` +
        "replace it with an intact copy or take it out of the data set",
      { cause: error },
    );
  }
  const { data, info: { width, height, channels } } = decoded;
  return cmyk ? { width, height, channels: 3, data: cmykToRgb(data) } : {
    width,
    height,
    channels,
    data,
  };
}

/** Whether a file starts as a JPEG does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8;
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
