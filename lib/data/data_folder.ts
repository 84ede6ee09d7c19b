import { basename, dirname, isAbsolute, join, normalize, resolve, sep } from "node:path";
import { isMissing, readFolder, realPath, stat } from "../util/platform.ts";
import { DataError } from "./data_error.ts";
import { explained, readLines } from "./read_file.ts";
import type { SplitOptions } from "./split_options.ts";

/** How a data set is opened. */
export interface OpenOptions {
  /**
   * Whether links inside the folder may lead out of it; false by default, since a data set from
   * elsewhere could show files that it has no business with.
   */
  readonly followLinks?: boolean;
  /** Told of what is left out or looks doubtful; `console.warn` by default. */
  readonly onNotice?: (notice: string) => void;
  /** How images are split that lie in folders of classes and have no splits of their own. */
  readonly split?: SplitOptions;
}

/** What stands at a place in a data folder. */
export type Finding =
  /** `real` is the path without links: it tells two names of one file from two files. */
  | { readonly kind: "file" | "folder"; readonly real: string }
  | { readonly kind: "missing" }
  | { readonly kind: "refused"; readonly reason: string };

/** The entries of one folder; for most of them the kind says all. */
interface Listing {
  readonly real: string;
  readonly entries: ReadonlyMap<string, "file" | "folder" | Finding>;
}

/** A folder of images that nothing is read outside of. Each folder in it is listed once. */
export class DataFolder {
  readonly #listings = new Map<string, Promise<Listing | undefined>>();

  private constructor(
    /** Absolute path, as it was given. */
    readonly root: string,
    readonly real: string,
    readonly followLinks: boolean,
  ) {}

  /** @throws {DataError} if there is no such folder or it may not be read */
  static async open(folder: string, options: OpenOptions = {}): Promise<DataFolder> {
    const root = resolve(folder);
    const real = await explained(root, () => realPath(root));
    return new DataFolder(root, real, options.followLinks ?? false);
  }

  /** What stands at a path relative to the root. @throws {DataError} if a folder may not be read */
  async find(path: string): Promise<Finding> {
    if (isAbsolute(path)) return { kind: "refused", reason: "the path is absolute" };
    const plain = normalize(path);
    if (plain === ".." || plain.startsWith(`..${sep}`)) {
      return { kind: "refused", reason: "the path leaves the data folder" };
    }
    if (path.includes("\0")) return { kind: "refused", reason: "the path holds a zero byte" };
    const folder = dirname(plain);
    const listing = await this.#listing(folder);
    if (listing === undefined) {
      const above = await this.find(folder);
      return above.kind === "refused" ? above : { kind: "missing" };
    }
    return found(listing, basename(plain));
  }

  /**
   * What is in a folder, by name, sorted; hidden files are left out.
   * @throws {DataError} if there is no such folder
   */
  async list(path: string): Promise<ReadonlyMap<string, Finding>> {
    const listing = await this.#listing(normalize(path));
    if (listing === undefined) throw new DataError(`${join(this.root, path)} is no folder`);
    const names = [...listing.entries.keys()].filter((name) => !name.startsWith("."));
    return new Map(names.sort().map((name) => [name, found(listing, name)]));
  }

  /** Whether there is a file of that name. @throws {DataError} saying why, if it is refused */
  async hasFile(name: string): Promise<boolean> {
    const found = await this.find(name);
    if (found.kind === "refused") {
      throw new DataError(`${join(this.root, name)} is not read: ${found.reason}`);
    }
    return found.kind === "file";
  }

  /** Whether the images were made by this project's generator, which leaves a file of this name. */
  async isSynthetic(): Promise<boolean> {
    return (await this.find("synthetic.json")).kind === "file";
  }

  /** The lines of a text file in the folder. @throws {DataError} as `readLines` and `hasFile` do */
  async lines(name: string): Promise<string[]> {
    await this.hasFile(name);
    return await readLines(join(this.root, name));
  }

  /** Each folder is read once; undefined if there is no such folder, or it is refused. */
  #listing(folder: string): Promise<Listing | undefined> {
    let listing = this.#listings.get(folder);
    if (listing === undefined) this.#listings.set(folder, listing = this.#read(folder));
    return listing;
  }

  async #read(folder: string): Promise<Listing | undefined> {
    const path = join(this.root, folder);
    let real = this.real;
    if (folder !== ".") {
      const found = await this.find(folder);
      if (found.kind !== "folder") return undefined;
      real = found.real;
    }
    return await explained(path, async () => {
      const entries = new Map<string, "file" | "folder" | Finding>();
      for (const entry of await readFolder(path)) {
        const { name, isSymlink } = entry;
        entries.set(name, isSymlink ? await this.#followed(join(real, name)) : kindOf(entry));
      }
      return { real, entries };
    });
  }

  async #followed(link: string): Promise<Finding> {
    let real: string;
    try {
      real = await realPath(link);
    } catch (error) {
      const reason = isMissing(error)
        ? "it is a link to a file that does not exist"
        : `it is a link that cannot be followed: ${(error as Error).message}`;
      return { kind: "refused", reason };
    }
    if (!this.followLinks && !real.startsWith(this.real + sep)) {
      const reason = `it is a link to ${real}, which is outside of the data folder ` +
        "(LENET_FOLLOW_LINKS=1 allows such links)";
      return { kind: "refused", reason };
    }
    const kind = kindOf(await stat(real));
    return typeof kind === "string" ? { kind, real } : kind;
  }
}

function found({ real, entries }: Listing, name: string): Finding {
  const entry = entries.get(name) ?? { kind: "missing" };
  return typeof entry === "string" ? { kind: entry, real: join(real, name) } : entry;
}

function kindOf(
  { isFile, isDirectory }: { readonly isFile: boolean; readonly isDirectory: boolean },
): "file" | "folder" | Finding {
  if (isFile) return "file";
  if (isDirectory) return "folder";
  return { kind: "refused", reason: "it is a pipe, a socket or a device, not a file" };
}
