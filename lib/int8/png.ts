/** PNG files as pixels, without a library: the same pixels as those of `decode`, in pages too. */
import { BadImage, TooLarge } from "../pixels/bad_image.ts";
import type { Decoded } from "../pixels/decoded_image.ts";
import { defaultImageLimits } from "../pixels/image_limits.ts";
import { crc32 } from "../util/crc32.ts";
import { orientationOf, upright } from "./orientation.ts";

/** Channels by colour type: grey, colour, palette, grey with alpha, colour with alpha. */
const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Bits of a sample that each colour type may have. */
const depthsOf: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** Where each pass of an interlaced image starts, and how far its pixels are apart: x, y, in x, in y. */
const adam7 = [
  ...[[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4]],
  ...[[0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]],
] as const;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly type: number;
  readonly interlaced: boolean;
}

/** Whether bytes start as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10].every((byte, i) => bytes[i] === byte);
}

/**
 * Decodes a PNG as `cv2.imread` does: turned by its EXIF orientation, colour profiles ignored, 16 bits cut to 8, alpha
 * left as a channel.
 * @param name the image in error messages
 * @throws {BadImage} naming the image and what is wrong with it
 */
export async function decodePng(bytes: Uint8Array, name: string): Promise<Decoded> {
  const bad = (why: string) => new BadImage(name, `the PNG is damaged or cut short (${why})`);
  let header: Header | undefined, palette: Uint8Array | undefined, isOver = false;
  let orientation = 1;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 8; !isOver;) {
    const end = at + 12 <= bytes.length ? at + 12 + view.getUint32(at) : Infinity;
    if (end > bytes.length) throw bad("a chunk is cut");
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const data = bytes.slice(at + 8, end - 4);
    if (crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) {
      throw bad(`the checksum of its ${kind} does not fit`);
    }
    if (kind === "IHDR") header = readHeader(data, name, bad);
    else if (kind === "PLTE") palette = data;
    else if (kind === "IDAT") parts.push(data);
    else if (kind === "eXIf") orientation = orientationOf(data);
    else if (kind === "IEND") isOver = true;
    at = end;
  }
  if (!header) throw bad("it has no header");
  if (header.type === 3 && !palette) throw bad("it has no palette");
  const stored = spread(header, await inflate(parts, lengthOf(header), bad), palette, bad);
  return upright(stored, orientation);
}

function readHeader(data: Uint8Array, name: string, bad: (why: string) => Error): Header {
  if (data.length !== 13) throw bad("its header has a wrong length");
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, type, method, filter, interlace] = data.subarray(8) as unknown as number[];
  const isKnown = depthsOf[type!]?.includes(depth!) && !method && !filter && interlace! < 2;
  if (!isKnown || width === 0 || height === 0) throw bad("its header says nothing known");
  if (width * height > defaultImageLimits.maxPixels) {
    throw new TooLarge(name, `its header claims ${width}×${height} pixels, which are too many`);
  }
  return { width, height, depth: depth!, type: type!, interlaced: interlace === 1 };
}

/** The passes of an image: where each starts, how far its pixels are apart, and its size. */
function passes({ width, height, interlaced }: Header) {
  return (interlaced ? adam7 : [[0, 0, 1, 1] as const]).map(([x, y, dx, dy]) => ({
    ...{ x, y, dx, dy },
    columns: Math.ceil((width - x) / dx),
    rows: Math.ceil((height - y) / dy),
  })).filter(({ columns, rows }) => columns > 0 && rows > 0);
}

function rowBytes({ depth, type }: Header, columns: number): number {
  return Math.ceil(columns * channelsOf[type]! * depth / 8);
}

/** Bytes of all rows, each with the number of its filter. */
function lengthOf(header: Header): number {
  return passes(header).reduce(
    (sum, { columns, rows }) => sum + rows * (1 + rowBytes(header, columns)),
    0,
  );
}

/** What the compressed parts hold; no more than `length` bytes are taken. */
async function inflate(
  parts: readonly Uint8Array<ArrayBuffer>[],
  length: number,
  bad: (why: string) => Error,
): Promise<Uint8Array> {
  const stream = new Blob([...parts]).stream().pipeThrough(new DecompressionStream("deflate"));
  const reader = stream.getReader(), all = new Uint8Array(length);
  let at = 0;
  try {
    for (let read; !(read = await reader.read()).done;) {
      if (at + read.value.length > length) throw new Error("more rows than its header says");
      all.set(read.value, at);
      at += read.value.length;
    }
  } catch (error) {
    throw bad((error as Error).message);
  }
  if (at < length) throw bad("rows are missing");
  return all;
}

/** The pixels of all passes, each in its place. */
function spread(
  header: Header,
  rows: Uint8Array,
  palette: Uint8Array | undefined,
  bad: (why: string) => Error,
): Decoded {
  const { width, height, depth, type } = header;
  const samples = channelsOf[type]!, channels = type === 3 ? 3 : samples;
  const data = new Uint8Array(width * height * channels);
  const apart = Math.max(1, samples * depth / 8), most = 2 ** Math.min(depth, 8) - 1;
  let at = 0;
  for (const { x, y, dx, dy, columns, rows: count } of passes(header)) {
    const length = rowBytes(header, columns);
    let above = new Uint8Array(length);
    for (let j = 0; j < count; j++, at += 1 + length) {
      const row = rows.subarray(at + 1, at + 1 + length);
      if (!unfilter(rows[at]!, row, above, apart)) throw bad(`there is no filter ${rows[at]}`);
      above = row as Uint8Array<ArrayBuffer>;
      for (let i = 0; i < columns; i++) {
        const to = ((y + j * dy) * width + x + i * dx) * channels;
        for (let c = 0; c < samples; c++) {
          const value = sample(row, i * samples + c, depth);
          if (type !== 3) data[to + c] = depth < 8 ? value * 255 / most : value;
          else if (3 * value + 3 > palette!.length) throw bad(`its palette has no colour ${value}`);
          else data.set(palette!.subarray(3 * value, 3 * value + 3), to);
        }
      }
    }
  }
  return { width, height, channels, data };
}

/** A sample of a row; of 16 bits the upper 8. */
function sample(row: Uint8Array, index: number, depth: number): number {
  if (depth === 8) return row[index]!;
  if (depth === 16) return row[2 * index]!;
  const bit = index * depth;
  return row[bit >> 3]! >> 8 - depth - (bit & 7) & 2 ** depth - 1;
}

/** Puts a row's bytes in place of what its filter left of them. @returns whether there is such a filter */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array, apart: number): boolean {
  for (let i = 0; filter > 0 && i < row.length; i++) {
    const left = i < apart ? 0 : row[i - apart]!, up = above[i]!;
    const corner = i < apart ? 0 : above[i - apart]!;
    row[i]! += filter === 1
      ? left
      : filter === 2
      ? up
      : filter === 3
      ? left + up >> 1
      : nearest(left, up, corner);
  }
  return filter <= 4;
}

/** Paeth's predictor: whichever of the three is nearest to left + up − corner. */
function nearest(left: number, up: number, corner: number): number {
  const [a, b, c] = [
    Math.abs(up - corner),
    Math.abs(left - corner),
    Math.abs(left + up - 2 * corner),
  ];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
