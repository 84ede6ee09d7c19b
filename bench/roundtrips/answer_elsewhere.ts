/** What a classifier's file answers outside this project: in Node.js, and in a page of Chromium. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { exists, projectRoot, writeAtomic } from "../../lib/util/files.ts";
import { bundleInt8 } from "../../tasks/bundle_int8.ts";
import { buildPackage } from "../../tasks/npm.ts";
import { chromium } from "../../tasks/chromium.ts";
import { makePage } from "../../tasks/page.ts";
import { run } from "../../tasks/run.ts";
import { chromiumPath } from "../../tests/chromium.ts";
import { nodeProgram } from "../../tests/node.ts";

/** The package and the int8 module, in a folder in which nothing else is installed but sharp. */
export interface Installed {
  readonly folder: string;
  readonly program: string;
}

/** Builds the package and the module as `deno task npm` and `deno task bundle` do. */
export async function install(folder: string): Promise<Installed> {
  const modules = join(folder, "node_modules"), program = join(folder, "answer.mjs");
  await buildPackage(join(modules, "@lenet", "three-ways"));
  if (!await exists(join(modules, "sharp"))) {
    const sharp = await Deno.realPath(join(projectRoot, "node_modules", "sharp"));
    await Deno.symlink(sharp, join(modules, "sharp"));
  }
  await writeAtomic(join(folder, "int8.js"), await bundleInt8());
  await Deno.copyFile(new URL("answer_in_node.js", import.meta.url), program);
  return { folder, program };
}

/**
 * The logits that Node.js computes from image files.
 * @param what the package, or the int8 module alone
 */
export async function logitsInNode(
  { folder, program }: Installed,
  what: "package" | "module",
  classifier: string,
  images: readonly string[],
): Promise<Float32Array> {
  const module = what === "package" ? "@lenet/three-ways/classifier" : "./int8.js";
  const list = join(folder, "images.json"), out = join(folder, "logits.f32");
  await writeAtomic(list, JSON.stringify(images));
  await run(nodeProgram!, [program, module, classifier, list, out], { cwd: folder });
  return new Float32Array((await Deno.readFile(out)).buffer);
}

/** What the page leaves behind after each image. */
interface Answered {
  answered?: { readonly logits: readonly number[] };
}

/**
 * The logits that the page computes in headless Chromium, opened from its folder.
 * @param lists image files; each list has its own answer
 */
export async function logitsInPage(
  folder: string,
  classifier: Uint8Array,
  lists: readonly (readonly string[])[],
): Promise<Float32Array[]> {
  const file = join(folder, "classifier.html");
  await writeAtomic(file, await makePage(classifier));
  // the sandbox needs rights that containers do not give
  const browser = await chromium.launch({ executablePath: chromiumPath!, chromiumSandbox: false });
  try {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(file).href);
    await page.locator("#state", { hasText: /Ready/ }).waitFor();
    const answers: Float32Array[] = [];
    for (const images of lists) {
      const logits: number[] = [];
      for (const image of images) {
        await page.evaluate(() => delete (globalThis as Answered).answered);
        await page.setInputFiles("#image", image);
        await page.waitForFunction(() => (globalThis as Answered).answered);
        logits.push(...await page.evaluate(() => (globalThis as Answered).answered!.logits));
      }
      answers.push(Float32Array.from(logits));
    }
    return answers;
  } finally {
    await browser.close();
  }
}
