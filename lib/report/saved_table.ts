import { savedText } from "./saved_text.ts";
import { Table, type TableOptions } from "./table.ts";

/**
 * A table that a task left in the project's results, `bench/throughput` say.
 * @param name path below `results/`, without the ending
 * @returns undefined if the task has not been run
 * @throws Error naming the file if it holds no table
 */
export async function savedTable(
  name: string,
  folder?: string,
): Promise<Table | undefined> {
  const saved = await savedText(`${name}.json`, folder);
  if (!saved) return undefined;
  const { path, text } = saved;
  try {
    const options: Partial<TableOptions> = JSON.parse(text);
    const { title, columns, rows } = options;
    if (typeof title !== "string" || !Array.isArray(columns) || !Array.isArray(rows)) {
      throw new TypeError("it has no title, no columns or no rows");
    }
    return new Table(options as TableOptions);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${path} holds no table: ${why}`);
  }
}
