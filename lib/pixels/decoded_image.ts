import type { Budget } from "./budget.ts";

/** A decoded image: interleaved rows, (height, width, channels), 0–255. */
export interface Decoded {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 red-green-blue, 4 red-green-blue and alpha. */
  readonly channels: number;
  /** May be longer than the image. */
  readonly data: Uint8Array;
}

/** How much an image may take up, and where it is decoded. */
export interface DecodeSettings {
  /** Pixels that a header may claim. */
  readonly maxPixels: number;
  /** Pixels of all images that are decoded at the same time. */
  readonly budget: Budget;
  /** Whether the calling thread itself decodes; otherwise another one does, if that pays. */
  readonly blocking: boolean;
}
