/** Trainings and writings on a disk that is full, or becomes full, or may not be written to. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { lenet5 } from "../../lib/model/architecture.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { RunStore } from "../../lib/runs/run_store.ts";
import { requireRoom, writeAtomic } from "../../lib/util/files.ts";
import { runData } from "../runs/pixels.ts";
import type { Attacked } from "./attacks.ts";

/** A small disk in memory, where this process may mount one. */
export async function mountSmallDisk(kib: number): Promise<string | undefined> {
  const folder = await Deno.makeTempDir();
  const { success } = await new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs", folder],
    stderr: "null",
  }).output().catch(() => ({ success: false }));
  if (success) return folder;
  await Deno.remove(folder);
  return undefined;
}

/** Takes the small disk away. */
export async function unmount(folder: string): Promise<void> {
  await new Deno.Command("umount", { args: [folder] }).output();
  await Deno.remove(folder, { recursive: true });
}

const configuration = runConfiguration({
  ...{ system: "numpy", architecture: lenet5(5), epochs: 2, batchSize: 16 },
});

/** Names under which something stands that is no whole file; none where there is no such folder. */
const leftIn = (folder: string) =>
  existsSync(folder)
    ? [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".part"))
    : [];

/** Tries disks of all sizes up to one on which everything fits. */
export async function fillDisks(): Promise<Attacked[]> {
  const data = runData();
  let before = 0, during = 0, whole = 0, wrong = 0, tried = 0;
  for (let kib = 16; kib <= 4096; kib = Math.ceil(kib * 1.25)) {
    const folder = await mountSmallDisk(kib);
    if (folder === undefined) {
      return [{
        kind: "full disks",
        count: 0,
        outcome: "not tried: no small disk can be mounted here",
        isSound: true,
      }];
    }
    tried++;
    try {
      let batches = 0;
      const store = new RunStore(folder, { checkpointSeconds: 0 });
      try {
        await store.train(configuration, data, { onProgress: () => void batches++ });
        whole++;
      } catch (error) {
        const { message } = error as Error;
        if (batches === 0) before++;
        else during++;
        if (!message.includes(folder) || !/[0-9] bytes/.test(message)) {
          console.error(message);
          wrong++;
        }
      }
      const runs = join(folder, "runs");
      wrong += leftIn(runs).length;
      // somebody else fills what is left, and the next writing leaves what stood there
      const kept = join(folder, "kept");
      await requireRoom(folder, 4096).then(async () => {
        await writeAtomic(kept, "old");
        await Deno.writeFile(join(folder, "filler"), new Uint8Array(8 * 2 ** 20)).catch(() => {});
        const failed = await writeAtomic(kept, "x".repeat(64 * 1024)).then(() => false, () => true);
        if (!failed || await Deno.readTextFile(kept) !== "old" || leftIn(folder).length > 0) {
          wrong++;
        }
      }, () => {});
    } finally {
      await unmount(folder);
    }
  }
  return [{
    kind: "full disks, from 16 KiB to 4 MiB",
    count: tried,
    outcome: `${before} refused before the training with path and bytes, ${during} failed in it, ` +
      `${whole} whole; ${wrong} half files or unclear errors`,
    isSound: during === 0 && wrong === 0 && whole > 0 && before > 0,
  }];
}
