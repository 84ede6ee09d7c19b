import { dirname, join } from "node:path";

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
