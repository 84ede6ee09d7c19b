import { mkdirSync, writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { basename, dirname, join, resolve } from "node:path";
import { projectRoot } from "../util/files.ts";
import { isMissing, readTextFileSync, statSync } from "../util/platform.ts";

/** Name of a file in a folder of results. It holds the path of the data folder that the results are of. */
const OWNER = ".data-folder";

/**
 * The folder of a data folder's results. It has the data folder's name, unless a folder of that name is
 * there already and holds the results of other data, or does not say whose; then eight digits of the path stand
 * behind the name. So two data folders of one name do not write into the same results, nor does one that is
 * named like results that are committed. A folder that is new is made, and says from then on whose it is.
 * The project's own data sets have their plain names.
 * @param base folder in which the folder is
 */
export function ownResults(base: string, root: string): string {
  const path = resolve(root), name = basename(path) || "root";
  const plain = join(base, name);
  if (dirname(path) === join(projectRoot, "data")) return plain;
  const owner = ownerOf(plain);
  if (owner === path) return plain;
  if (owner !== undefined) {
    return join(base, `${name}-${crc32(path).toString(16).padStart(8, "0")}`);
  }
  mkdirSync(plain, { recursive: true });
  writeFileSync(join(plain, OWNER), `${path}\n`);
  return plain;
}

/** Undefined if there is no such folder. */
function ownerOf(folder: string): string | undefined {
  try {
    return readTextFileSync(join(folder, OWNER)).trimEnd();
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  try {
    statSync(folder);
    return "it does not say whose";
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
