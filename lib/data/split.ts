import { join } from "node:path";
import type { ImageSource, Split } from "./dataset.ts";

/** A split whose images are files. */
export class FileSplit implements Split {
  readonly length: number;
  readonly labels: Int32Array;

  /** @param paths relative to `root` */
  constructor(readonly root: string, readonly paths: readonly string[], labels: readonly number[]) {
    this.length = paths.length;
    this.labels = Int32Array.from(labels);
  }

  name(index: number): string {
    const path = this.paths[index];
    if (path === undefined) throw new RangeError(`image ${index} of ${this.length} was asked for`);
    return path;
  }

  image(index: number): ImageSource {
    return { kind: "file", path: join(this.root, this.name(index)) };
  }
}

/** A split whose images lie in memory, all of one size. */
export class RawSplit implements Split {
  readonly length: number;

  constructor(
    /** Name of the file that the images came from. */
    readonly file: string,
    readonly labels: Int32Array,
    readonly size: { readonly width: number; readonly height: number; readonly channels: 1 | 3 },
    /** One image after the other, each (height, width, channels). */
    readonly data: Uint8Array,
    /** Position of each image in `file`, for messages. */
    readonly positions: Int32Array,
  ) {
    this.length = labels.length;
  }

  name(index: number): string {
    const position = this.positions[index];
    if (position === undefined) {
      throw new RangeError(`image ${index} of ${this.length} was asked for`);
    }
    return `${this.file}#${position}`;
  }

  image(index: number): ImageSource {
    const { width, height, channels } = this.size;
    const length = width * height * channels;
    const data = this.data.subarray(index * length, (index + 1) * length);
    return { kind: "raw", width, height, channels, data };
  }
}
