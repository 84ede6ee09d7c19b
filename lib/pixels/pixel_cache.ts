import { exists, projectRoot, writeAtomic } from "../util/files.ts";
import { readFolder, readTextFile } from "../util/platform.ts";
import { type PackedPixels, readPacked, writePacked } from "./packed.ts";

/** Where a cache is and who is told of its troubles. */
export interface PixelCacheOptions {
  /** Folder of the cache, by default `.cache/pixels` in the project. */
  readonly cacheDir?: string;
  /** Told of a damaged cache file and of a folder that cannot be written; warns by default. */
  readonly onNotice?: (message: string) => void;
}

/** The cache on disk of one split's pixels. */
export class PixelCache {
  readonly #folder: string;
  readonly #stampPath: string | undefined;
  readonly #notice: (message: string) => void;

  /** @param stamp how the split's files look, if that is known */
  constructor(
    { cacheDir = `${projectRoot}.cache/pixels`, onNotice = console.warn }: PixelCacheOptions,
    stamp: string | undefined,
  ) {
    this.#folder = cacheDir;
    this.#stampPath = stamp && `${this.#folder}/${stamp}.stamp`;
    this.#notice = onNotice;
  }

  /** The key of the content of files that look as these do, if it is known. */
  async keyOfStamp(): Promise<string | undefined> {
    const path = this.#stampPath;
    if (path === undefined || !await exists(path)) return;
    const key = await readTextFile(path);
    return /^[0-9a-f]{64}$/.test(key) ? key : undefined;
  }

  /** The pixels of a key; of a damaged file only a notice comes. */
  async read(key: string): Promise<PackedPixels | undefined> {
    const path = `${this.#folder}/${key}.pixels`;
    if (!await exists(path)) return;
    try {
      return await readPacked(path, key);
    } catch (error) {
      this.#notice(`${path} is made anew: ${(error as Error).message}`);
    }
  }

  /** Whether there is any file of pixels. */
  async holdsPixels(): Promise<boolean> {
    try {
      for (const { name } of await readFolder(this.#folder)) {
        if (name.endsWith(".pixels")) return true;
      }
    } catch { // no folder yet, or none that can be read: writing will tell
    }
    return false;
  }

  /** Keeps pixels under their key and, if the look of the files is known, the key under that. */
  async write(set: PackedPixels): Promise<void> {
    await this.#store(async () => {
      await writePacked(`${this.#folder}/${set.key}.pixels`, set);
      if (this.#stampPath) await writeAtomic(this.#stampPath, set.key);
    });
  }

  /** Keeps a key under the look of the files, if that is known. */
  async writeStamp(key: string): Promise<void> {
    const path = this.#stampPath;
    if (path) await this.#store(() => writeAtomic(path, key));
  }

  async #store(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      const reason = (error as Error).message;
      this.#notice(`the pixels are not kept for next time: ${reason} (${this.#folder})`);
    }
  }
}
