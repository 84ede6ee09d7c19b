/**
 * `deno task page [CLASSIFIER] [--out FILE]`: one HTML file that names what a dropped image shows. It holds the int8
 * predictor, its kernels and the classifier, and needs no server: it is opened from a folder.
 */
import { join } from "node:path";
import { openInt8Classifier } from "../lib/int8/mod.ts";
import { readModelFile } from "../lib/model/read_model_file.ts";
import { base64 } from "../lib/report/base64.ts";
import { projectRoot, writeAtomic } from "../lib/util/files.ts";
import { bundleInt8 } from "./bundle_int8.ts";
import { pathOf, readWords } from "./arguments.ts";
import { main, SetupError } from "./run.ts";

const folder = join(projectRoot, "tasks", "page");

/**
 * The text of the page.
 * @param classifier bytes of a classifier's file in int8; without them the page asks for such a file
 */
export async function makePage(classifier?: Uint8Array): Promise<string> {
  const template = await Deno.readTextFile(join(folder, "page.html"));
  const program = await bundleInt8(join(folder, "page.ts"));
  return template
    .replace(
      `<script id="classifier" type="text/plain">`,
      (tag) => tag + base64(classifier ?? new Uint8Array()),
    )
    .replace(
      `<script id="program" type="module">`,
      (tag) => tag + program.replaceAll("</script", "<\\/script"),
    );
}

async function readClassifier(path: string): Promise<Uint8Array> {
  try {
    const bytes = await readModelFile(path, "classifier");
    await openInt8Classifier(bytes, path);
    return bytes;
  } catch (error) {
    throw new SetupError((error as Error).message);
  }
}

if (import.meta.main) {
  await main(async () => {
    const usage = "one file of a classifier in int8, or none, and --out FILE.html";
    const { values, words } = readWords("page", Deno.args, { out: "string" }, usage);
    if (words.length > 1) throw new SetupError(`page takes ${usage}, not ${words.length} files`);
    const [file] = words, { out: given } = values;
    const out = given === undefined ? join(projectRoot, "dist", "classifier.html") : pathOf(given);
    const page = await makePage(
      file === undefined ? undefined : await readClassifier(pathOf(file)),
    );
    await writeAtomic(out, page);
    console.log(`${out}: ${Math.round(page.length / 1000)} kB`);
  });
}
