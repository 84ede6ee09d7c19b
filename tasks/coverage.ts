/**
 * `deno task test:coverage [paths of tests]`: runs the tests and shows for each file of `lib/` how many of its
 * lines they reach. What workers and other processes run is not counted; Deno does not see it.
 */
import { join } from "node:path";
import { projectRoot } from "../lib/util/files.ts";
import { readWords } from "./arguments.ts";
import { main } from "./run.ts";

async function coverage(): Promise<number> {
  const { words } = readWords("test:coverage", Deno.args, {}, "paths of tests, none for all");
  const folder = join(projectRoot, ".cache", "coverage");
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const deno = async (args: readonly string[]): Promise<number> => {
    const child = new Deno.Command(Deno.execPath(), { args: [...args], cwd: projectRoot }).spawn();
    return (await child.status).code;
  };
  const paths = words.length > 0 ? words : ["tests/"];
  const code = await deno([
    "test",
    "-P",
    "--quiet",
    "--coverage-raw-data-only",
    `--coverage=${folder}`,
    ...paths,
  ]);
  await deno(["coverage", folder, `--include=${join(projectRoot, "lib")}/`]);
  return code;
}

if (import.meta.main) await main(coverage);
