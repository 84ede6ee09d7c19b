/** The numbers in the pages for users are those of the results, or are listed as what they are. */
import assert from "node:assert/strict";
import { basename, dirname, join } from "node:path";
import { exists, projectRoot } from "../lib/util/files.ts";
import { MARGIN } from "../bench/witness/alike.ts";
import { notebookPaths } from "../tasks/execute.ts";
import { bindings } from "../tasks/document_bindings.ts";
import { facts, notebookFacts } from "../tasks/document_facts.ts";
import { documentation, documents, documentText } from "../tasks/documents.ts";
import {
  notebookProse,
  prose,
  renewNumbers,
  staleNumbers,
  unlistedNumbers,
} from "../tasks/text_numbers.ts";

const markdownFiles = [...documents, "CONTRIBUTING.md", "CHANGELOG.md", "REPRODUCIBILITY.md"]
  .concat(["tests/README.md", "lib/classifier/FORMAT.md", "lib/kernels/tensor/README.md"]);

/** What a notebook says outside of its code. */
function notebookText(json: string): string {
  const { cells } = JSON.parse(json) as { cells: { cell_type: string; source: string[] }[] };
  return cells.flatMap(({ cell_type, source }) => cell_type === "markdown" ? source : []).join("");
}

/** The anchors of the headings, as GitHub makes them. */
function anchors(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(" ", "-")
  );
}

const pages = await documentation();
const said = prose(pages).replace(/\s+/g, " ");

Deno.test("the pages' numbers of results are those of the files in results/", async () => {
  const stale = await staleNumbers(pages, bindings);
  assert.deepEqual(
    stale.map(({ binding: { file, words }, found, wanted }) =>
      `results/${file} says ${wanted.join(", ")}; the pages say ${found?.join(", ")} (${words})`
    ),
    [],
    "deno task numbers writes them anew",
  );
});

Deno.test("the pages' strongest of the others are those of the last run of the bench", async () => {
  const path = join(projectRoot, "results/bench/targets.json");
  const { rows } = JSON.parse(await Deno.readTextFile(path));
  const strongest = (work: RegExp) =>
    new Set(
      rows.flatMap(({ what, strongest }: Record<string, string>) =>
        work.test(what!) ? [strongest] : []
      ),
    );
  assert.deepEqual(strongest(/^Training, .*2 threads$/), new Set(["PyTorch"]));
  assert.deepEqual(strongest(/^Inference, batch 256/), new Set(["onnxruntime"]));
  for (const name of strongest(/^Inference, batch 1,/)) {
    assert(["onnxruntime", "onnxruntime-node"].includes(String(name)), String(name));
  }
  assert(said.includes("PyTorch is the fastest of the others in training on 2 threads"));
  assert(said.includes("Python's onnxruntime is the fastest of the others in batches there"));
});

for (const document of documents) {
  Deno.test(`every number in ${document} is a result, or is listed in tasks/document_facts.ts`, async () => {
    assert.deepEqual(unlistedNumbers(await documentText(document), bindings, facts), []);
  });
}

Deno.test("every link of the Markdown files and the notebooks' text leads to a file and to a heading", async () => {
  const linked: [string, string][] = [];
  for (const name of markdownFiles) {
    linked.push([name, await Deno.readTextFile(join(projectRoot, name))]);
  }
  for (const path of notebookPaths()) {
    linked.push([`notebooks/${basename(path)}`, notebookText(await Deno.readTextFile(path))]);
  }
  const dead: string[] = [];
  for (const [name, text] of linked) {
    for (
      const [, target] of text.matchAll(/\]\((?!https?:|attachment:|data:|mailto:)([^)\s]+)\)/g)
    ) {
      const [path = "", anchor] = decodeURI(target!).split("#");
      const file = path === "" ? name : join(dirname(name), path);
      if (!await exists(join(projectRoot, file))) dead.push(`${name}: ${target}`);
      else if (anchor && file.endsWith(".md")) {
        const of = await Deno.readTextFile(join(projectRoot, file));
        if (!anchors(of).includes(anchor)) dead.push(`${name}: ${target}`);
      }
    }
  }
  assert.deepEqual(dead, []);
});

Deno.test("no fact that is listed for the pages has gone out of them", () => {
  const gone = facts.flatMap(({ words }) => words).filter((words) => !said.includes(words));
  assert.deepEqual(gone, []);
});

for (const path of notebookPaths()) {
  const name = basename(path);
  Deno.test(`${name}: every number in its fixed text is listed, so that none is a result`, async () => {
    const text = notebookProse(await Deno.readTextFile(path));
    assert.deepEqual(
      unlistedNumbers(text, [], notebookFacts[name]!),
      [],
      "tasks/document_facts.ts",
    );
  });
}

Deno.test("a number that is in no list is found, and a result that has changed is put right", async () => {
  const binding = {
    file: "paper_accuracies.json",
    words: /hits (\d+) of the abstract, twice (\d+)/,
    values: () => ["202", "404"],
  };
  const text =
    "Our 3.5 times. See `7` and [8](9).\n```\n10\n```\nhits 12 of the abstract, twice 202";
  assert.match(unlistedNumbers(text, [binding], [])[0]!, /^3\.5 in "…Our 3\.5 times/);
  assert.deepEqual(
    unlistedNumbers(text, [binding], [{ source: "the code", words: ["Our 3.5 times"] }]).length,
    1, // the 8 in the link's text
  );
  const [stale] = await staleNumbers(text, [binding]);
  assert.deepEqual([stale!.found, stale!.wanted], [["12", "202"], ["202", "404"]]);
  const renewed = await renewNumbers(text, [binding]);
  assert(renewed.endsWith("hits 202 of the abstract, twice 404"));
  assert.deepEqual(await staleNumbers(renewed, [binding]), []);
  await assert.rejects(() => renewNumbers("nothing", [binding]), /no words like/);
});

Deno.test("bench/README.md says of each pair of systems what the test of likeness found", async () => {
  const path = join(projectRoot, "results/witness/synthetic50/alike.json");
  const { rows } = JSON.parse(await Deno.readTextFile(path));
  const found = rows.map(({ pair, alike }: { pair: string; alike: boolean }) => [pair, alike]);
  assert.deepEqual(found, [
    ["LeNet5 Numpy − LeNet5 Torch", true],
    ["LeNet5 Numpy − LeNet5 TF", true],
    ["LeNet5 Torch − LeNet5 TF", false],
  ]);
  const sentences =
    `the hand-written system is alike to each of the other two within ${MARGIN} of top-1 accuracy. ` +
    "For torch against keras the data do not show it.";
  assert(said.includes(sentences), "the sentences are others");
});
