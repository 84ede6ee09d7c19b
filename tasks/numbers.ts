/** `deno task numbers`: writes the numbers of results in the pages anew, from the files in results/. */
import { join } from "node:path";
import { projectRoot, writeAtomic } from "../lib/util/files.ts";
import { takeNoArguments } from "./arguments.ts";
import { documentation, documents, documentText } from "./documents.ts";
import { bindings } from "./document_bindings.ts";
import { main, run, SetupError } from "./run.ts";
import { renewNumbers, staleNumbers } from "./text_numbers.ts";

async function numbers(): Promise<void> {
  takeNoArguments("numbers");
  for (const { binding, found, wanted } of await staleNumbers(await documentation(), bindings)) {
    if (!found) throw new SetupError(`no page has words like ${binding.words}`);
    console.log(`results/${binding.file}: ${found.join(", ")} becomes ${wanted.join(", ")}`);
  }
  for (const document of documents) {
    const text = await documentText(document);
    const renewed = await renewNumbers(text, bindings.filter(({ words }) => words.test(text)));
    if (renewed === text) continue;
    const path = join(projectRoot, document);
    await writeAtomic(path, renewed);
    await run(Deno.execPath(), ["fmt", "--quiet", path]);
  }
}

if (import.meta.main) await main(numbers);
