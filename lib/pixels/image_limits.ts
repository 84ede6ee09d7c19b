import { BadImage, TooLarge } from "./bad_image.ts";
import { countScans } from "./jpeg_header.ts";

/** What an image may ask for. A file that asks for more is refused before it is read or decoded. */
export interface ImageLimits {
  /**
   * Pixels that the header may claim, width times height. The default, 64 million, lets the
   * photographs of today's cameras in; decoded, such an image takes about 200 MB.
   */
  readonly maxPixels: number;
  /** Bytes that the file may have; 256 MiB by default. */
  readonly maxFileBytes: number;
}

/** The limits where nothing else is asked for. */
export const defaultImageLimits: ImageLimits = {
  maxPixels: 64_000_000,
  maxFileBytes: 256 * 2 ** 20,
};

/** @throws {RangeError} naming a limit that has no sensible value */
export function checkImageLimits(limits: ImageLimits): void {
  for (const limit of ["maxPixels", "maxFileBytes"] as const) {
    const value = limits[limit];
    if (!Number.isInteger(value) || value < 1 || value > 2 ** 30) {
      throw new RangeError(`${limit} must be an integer from 1 to ${2 ** 30}, got ${value}`);
    }
  }
}

/** @throws {TooLarge} if an image claims more pixels than the limit */
export function checkClaim(name: string, width: number, height: number, maxPixels: number): void {
  if (width * height <= maxPixels) return;
  throw new TooLarge(
    name,
    `its header claims ${width}×${height} pixels, more than the limit of ${maxPixels}; raise ` +
      "maxPixels if the image really has so many, or take it out of the data set",
  );
}

/** Scans that a JPEG may have. Each is a pass over the image; genuine files have about ten. */
const MAX_SCANS = 500;

/** @throws {BadImage} if a JPEG has so many scans that decoding it would take very long */
export function checkScans(name: string, bytes: Uint8Array): void {
  const scans = countScans(bytes);
  if (scans <= MAX_SCANS) return;
  throw new BadImage(
    name,
    `it is a JPEG of ${scans} scans, more than the limit of ${MAX_SCANS}; take it out of the data ` +
      "set",
  );
}
