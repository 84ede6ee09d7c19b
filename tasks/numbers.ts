/** `deno task numbers`: writes the numbers of results in README.md anew, from the files in results/. */
import { join } from "node:path";
import { projectRoot, writeAtomic } from "../lib/util/files.ts";
import { takeNoArguments } from "./arguments.ts";
import { readmeBindings } from "./readme_bindings.ts";
import { main, run } from "./run.ts";
import { renewNumbers, staleNumbers } from "./text_numbers.ts";

async function numbers(): Promise<void> {
  takeNoArguments("numbers");
  const path = join(projectRoot, "README.md");
  const text = await Deno.readTextFile(path);
  for (const { binding, found, wanted } of await staleNumbers(text, readmeBindings)) {
    console.log(`results/${binding.file}: ${found?.join(", ")} becomes ${wanted.join(", ")}`);
  }
  const renewed = await renewNumbers(text, readmeBindings);
  if (renewed === text) return;
  await writeAtomic(path, renewed);
  await run(Deno.execPath(), ["fmt", "--quiet", path]);
}

if (import.meta.main) await main(numbers);
