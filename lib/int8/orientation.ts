/** How a camera was held, by the EXIF data of a file (JEITA CP-3451, section 4.6.4). */
import type { Decoded } from "../pixels/decoded_image.ts";

/** The tag of the orientation, and the type of its value. */
const ORIENTATION = 0x0112, SHORT = 3;

/**
 * The orientation that EXIF data name.
 * @param exif the data, from the byte order on
 * @returns from 1, upright, to 8; 1 where none is named that there is
 */
export function orientationOf(exif: Uint8Array): number {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.length);
  const isLittle = exif[0] === 0x49;
  const half = (at: number) => at + 2 <= exif.length ? view.getUint16(at, isLittle) : 0;
  if (exif.length < 8 || half(0) !== (isLittle ? 0x4949 : 0x4d4d) || half(2) !== 42) return 1;
  const directory = view.getUint32(4, isLittle), entries = half(directory);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + 12 * i;
    if (half(at) !== ORIENTATION || half(at + 2) !== SHORT) continue;
    const orientation = half(at + 8);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}

/** Where a pixel of the upright image stands in the stored one of a width and a height, less one each. */
const places:
  readonly ((x: number, y: number, w: number, h: number) => readonly [number, number])[] = [
    (x, y) => [x, y],
    (x, y, w) => [w - x, y],
    (x, y, w, h) => [w - x, h - y],
    (x, y, _, h) => [x, h - y],
    (x, y) => [y, x],
    (x, y, _, h) => [y, h - x],
    (x, y, w, h) => [w - y, h - x],
    (x, y, w) => [w - y, x],
  ];

/** An image of an orientation, from 1 to 8, turned upright. */
export function upright(image: Decoded, orientation: number): Decoded {
  if (orientation === 1) return image;
  const { channels, data } = image, place = places[orientation - 1]!;
  const [width, height] = orientation > 4
    ? [image.height, image.width]
    : [image.width, image.height];
  const turned = new Uint8Array(width * height * channels);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += channels) {
      const [column, row] = place(x, y, image.width - 1, image.height - 1);
      const from = (row * image.width + column) * channels;
      for (let c = 0; c < channels; c++) turned[to + c] = data[from + c]!;
    }
  }
  return { width, height, channels, data: turned };
}
