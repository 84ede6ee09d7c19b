import type { OnProgress } from "../../util/progress.ts";

/** A file at its public home, with what tells a sound copy from any other. */
export interface RemoteFile {
  /** Its name on disk. */
  readonly name: string;
  /** Where it is to be had; the next address is tried where one does not answer. */
  readonly urls: readonly string[];
  /** Its size. */
  readonly bytes: number;
  /** The checksum, in hexadecimal: SHA-256, or MD5 where nobody has published another one. */
  readonly checksum: { readonly algorithm: "sha256" | "md5"; readonly value: string };
}

/** A data set that can be asked for by its name. */
export interface KnownDataset {
  /** The word by which it is asked for. */
  readonly name: string;
  /** What its makers call it. */
  readonly title: string;
  /** Page that describes it. */
  readonly source: string;
  /** Under which conditions it may be used, as its makers say. */
  readonly license: string;
  /** Name of each class, by label; absent: the files hold them. */
  readonly classes?: readonly string[];
  /** A folder where a package of the operating system puts the same files. */
  readonly installed?: { readonly folder: string; readonly package: string };
  /** What is downloaded. */
  readonly files: readonly RemoteFile[];
  /**
   * Makes the data set's folder of an archive that was downloaded; absent: the files are the data set.
   * @param archive path of the first of `files`
   * @param folder is there, and empty
   */
  readonly unpack?: (archive: string, folder: string, onProgress?: OnProgress) => Promise<void>;
}
