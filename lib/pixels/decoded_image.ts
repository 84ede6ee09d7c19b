/** A decoded image: interleaved rows, (height, width, channels), 0–255. */
export interface Decoded {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 red-green-blue, 4 red-green-blue and alpha. */
  readonly channels: number;
  readonly data: Uint8Array;
}
