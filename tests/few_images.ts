/** Drawn images for tests: drawn once in each run of `deno task test`, which gives its processes a folder to share. */
import { join } from "node:path";
import { generateSynthetic } from "../lib/data/synthetic/generate_synthetic.ts";
import { sharedFolder } from "../tasks/test_processes.ts";

let own: string | undefined;
/** The folder of all processes of the run; without one, a folder that goes with this process. */
function folder(): string {
  const shared = Deno.env.get(sharedFolder);
  if (shared) return shared;
  if (own === undefined) {
    const made = own = Deno.makeTempDirSync();
    addEventListener("unload", () => Deno.removeSync(made, { recursive: true }));
  }
  return own;
}

/**
 * The folder of a small synthetic data set, of an image of each class to train on, to validate and to test. Tests
 * read it, and change nothing there.
 */
export async function fewImages(): Promise<string> {
  const images = join(folder(), "small");
  using lock = await Deno.open(`${images}.lock`, { create: true, write: true });
  await lock.lock(true);
  await generateSynthetic(images, { train: 50, heldOut: 1, seed: 7 }); // nothing, if they are there
  return images;
}

/** Copies them to a folder, which is made. */
export async function copyFewImages(to: string): Promise<void> {
  const copy = async (from: string, to: string) => {
    await Deno.mkdir(to, { recursive: true });
    for (const { name, isDirectory } of Deno.readDirSync(from)) {
      const [source, target] = [join(from, name), join(to, name)];
      await (isDirectory ? copy(source, target) : Deno.copyFile(source, target));
    }
  };
  await copy(await fewImages(), to);
}
