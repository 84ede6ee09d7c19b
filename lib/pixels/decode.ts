import sharp from "sharp";

sharp.concurrency(1); // one thread an image: the images themselves are decoded side by side
sharp.cache(false); // no image is decoded twice

/** Version of the library that decodes; another one may round its pixels otherwise. */
export const decoderVersion: string = `sharp ${sharp.versions.sharp}`;

/** A decoded image: interleaved rows, (height, width, channels), 0–255. */
export interface Decoded {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 red-green-blue, 4 red-green-blue and alpha. */
  readonly channels: number;
  readonly data: Uint8Array;
}

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
  const cmyk = jpegComponents(bytes) === 4;
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

/** Colour components that a JPEG's frame header declares, 0 when there is none to be found. */
function jpegComponents(bytes: Uint8Array): number {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return 0;
  let at = 2;
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    if (marker === 0xff) { // a fill byte
      at++;
      continue;
    }
    // C0–CF start a frame, but for DHT (C4), JPG (C8) and DAC (CC).
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) return bytes[at + 9]!;
    at += 2 + (bytes[at + 2]! << 8 | bytes[at + 3]!);
  }
  return 0;
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
