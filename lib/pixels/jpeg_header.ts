/** What a JPEG's header says, as far as decoding depends on it. */
export interface JpegHeader {
  /** Marker of the frame: 0xC0 baseline, 0xC1 extended, 0xC2 progressive; 0 if there is no frame. */
  readonly frame: number;
  /** Bits a sample; 0 if there is no frame. */
  readonly precision: number;
  /** Colour components; 0 if there is no frame. */
  readonly components: number;
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 (upright) where none is given. */
  readonly orientation: number;
}

/** Whether a file starts as a JPEG does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8;
}

/**
 * How many passes over the image a JPEG holds, one in a sequential one, about ten in a progressive one.
 * Markers (0xFF, 0xDA) cannot occur within the image data.
 */
export function countScans(bytes: Uint8Array): number {
  let scans = 0;
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === 0xda) scans++;
  }
  return scans;
}

/** Reads the markers that stand before a JPEG's image data. */
export function jpegHeader(bytes: Uint8Array): JpegHeader {
  let orientation = 1;
  let at = 2;
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    if (marker === 0xff) { // a fill byte
      at++;
      continue;
    }
    // C0–CF start a frame, but for DHT (C4), JPG (C8) and DAC (CC).
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return {
        frame: marker,
        precision: bytes[at + 4]!,
        components: bytes[at + 9]!,
        width: bytes[at + 7]! << 8 | bytes[at + 8]!,
        height: bytes[at + 5]! << 8 | bytes[at + 6]!,
        orientation,
      };
    }
    const length = bytes[at + 2]! << 8 | bytes[at + 3]!;
    if (marker === 0xe1) {
      orientation = exifOrientation(bytes.subarray(at + 4, at + 2 + length)) ?? orientation;
    }
    at += 2 + length;
  }
  return { frame: 0, precision: 0, components: 0, width: 0, height: 0, orientation };
}

/** Tag 0x0112 in the first directory of an EXIF segment, undefined if there is none. */
function exifOrientation(segment: Uint8Array): number | undefined {
  if (String.fromCharCode(...segment.subarray(0, 6)) !== "Exif\0\0") return undefined;
  const tiff = segment.subarray(6);
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length);
  try {
    const little = view.getUint16(0) === 0x4949;
    const directory = view.getUint32(4, little);
    for (let entry = 0; entry < view.getUint16(directory, little); entry++) {
      const at = directory + 2 + 12 * entry;
      if (view.getUint16(at, little) === 0x0112) return view.getUint16(at + 8, little);
    }
    return undefined;
  } catch {
    return 0; // cut short: no orientation that anybody could rely on
  }
}
