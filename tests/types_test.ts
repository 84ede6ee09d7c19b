/**
 * The types of all code that runs: of the tests, the notebooks and the documentation's examples, and with them of
 * what they import. They are checked together, since most of the time goes to what they have in common.
 */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { projectRoot } from "../lib/util/files.ts";
import { checkNotebooks } from "../tasks/check.ts";
import { notebookPaths } from "../tasks/execute.ts";
import { testFiles } from "../tasks/test_processes.ts";
import { examples } from "./examples.ts";

/** What is found in each notebook, and under the name "modules" in the rest. */
let checked: Promise<Map<string, string>> | undefined;

async function checkAll(): Promise<Map<string, string>> {
  // in the project, which is where its settings count, and where no other test looks for files
  const folder = await Deno.makeTempDir({ dir: join(projectRoot, "notebooks"), prefix: ".check_" });
  try {
    const modules = (await examples()).map(async ({ where, code }) => {
      const path = join(folder, `${where.replaceAll(/[^\w]+/g, "_")}.ts`);
      await Deno.writeTextFile(path, code);
      return path;
    });
    const all = [...await Promise.all(modules), ...testFiles(["tests"])];
    return await checkNotebooks(notebookPaths(), all);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
const findingsOf = async (what: string) => (await (checked ??= checkAll())).get(what);

for (const path of notebookPaths()) {
  Deno.test(`${basename(path)}: its code passes lint and types`, async () => {
    assert.equal(await findingsOf(path), "");
  });
}

Deno.test("the tests, the pages' examples and those of each entry have no wrong types", async () => {
  assert.equal(await findingsOf("modules"), "");
});
