/** What every layout on disk is read into: three lists of labelled images. */

/** The three parts of a data set. */
export type SplitName = "train" | "val" | "test";

/** How the files of a data set are laid out on disk. */
export type Layout = "list" | "folders" | "class folders" | "idx" | "cifar";

/** Where the pixels of one image come from: an image file, or raw bytes in an archive. */
export type ImageSource =
  | { readonly kind: "file"; readonly path: string }
  | {
    readonly kind: "raw";
    readonly width: number;
    readonly height: number;
    readonly channels: 1 | 3;
    /** Interleaved rows: (height, width, channels), 0–255. */
    readonly data: Uint8Array;
  };

/** One part of a data set. Images are not read before they are asked for. */
export interface Split {
  /** Number of images. */
  readonly length: number;
  /** One label an image, in [0, number of classes). */
  readonly labels: Int32Array;
  /** A name for messages and caches: a path relative to the root, or `file#index`. */
  name(index: number): string;
  /** Where the image's pixels come from. */
  image(index: number): ImageSource;
}

/** A data set of labelled images, whatever its layout on disk. */
export interface Dataset {
  /** The folder's name, used for headings and result folders. */
  readonly name: string;
  /** Absolute path of the folder. */
  readonly root: string;
  /** How its files are laid out. */
  readonly layout: Layout;
  /** Name of each class, by label. */
  readonly classes: readonly string[];
  /** Whether the images were made by this project's generator; said wherever results stand. */
  readonly synthetic: boolean;
  /** The three parts. */
  readonly splits: Readonly<Record<SplitName, Split>>;
}
