import { dirname, join } from "node:path";
import { openDataset } from "../../lib/data/open_dataset.ts";
import type { Dataset } from "../../lib/data/dataset.ts";

/** Opens a data set and keeps what was noticed. */
export async function openNoting(
  folder: string,
  followLinks = false,
): Promise<{ readonly dataset: Dataset; readonly notices: readonly string[] }> {
  const notices: string[] = [];
  const onNotice = (notice: string) => void notices.push(notice);
  return { dataset: await openDataset(folder, { followLinks, onNotice }), notices };
}

/** Calls `body` with a folder that holds these files, and removes it afterwards. */
export async function withFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [path, content] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
      if (typeof content === "string") await Deno.writeTextFile(join(folder, path), content);
      else await Deno.writeFile(join(folder, path), content);
    }
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
