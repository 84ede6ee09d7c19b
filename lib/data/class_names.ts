import { join } from "node:path";
import { DataError } from "./data_error.ts";
import type { DataFolder } from "./data_folder.ts";

/**
 * The names of the classes: those of `classes.txt` (a line `label folder name` for each class) where there is
 * such a file and it names the class.
 * @param others names of the classes that the file does not name
 * @throws {DataError} naming a line without a label, or the second line of a label
 */
export async function classNames(
  folder: DataFolder,
  others: readonly string[],
): Promise<string[]> {
  if ((await folder.find("classes.txt")).kind === "missing") return [...others];
  const file = join(folder.root, "classes.txt");
  const names = [...others], lineOf = new Map<number, number>();
  (await folder.lines("classes.txt")).forEach((text, index) => {
    const [label, own, ...words] = text.trim().split(/\s+/);
    if (!label) return;
    const number = Number(label), line = index + 1;
    if (!/^\d+$/.test(label)) {
      throw new DataError(`${file}:${line}: expected "label folder name", got label "${label}"`);
    }
    const before = lineOf.get(number);
    if (before !== undefined) {
      throw new DataError(`${file}:${line}: label ${number} was named in line ${before} already`);
    }
    lineOf.set(number, line);
    if (names[number] !== undefined) names[number] = words.join(" ") || own || label;
  });
  return names;
}
