/** The numbers in the README are those of the results that it names, or are listed as what they are. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { projectRoot } from "../lib/util/files.ts";
import { notebookPaths } from "../tasks/execute.ts";
import { readmeBindings } from "../tasks/readme_bindings.ts";
import { notebookFacts, readmeFacts } from "../tasks/readme_numbers.ts";
import {
  notebookProse,
  prose,
  renewNumbers,
  staleNumbers,
  unlistedNumbers,
} from "../tasks/text_numbers.ts";

const readme = await Deno.readTextFile(join(projectRoot, "README.md"));

Deno.test("the README's numbers of results are those of the files in results/", async () => {
  const stale = await staleNumbers(readme, readmeBindings);
  assert.deepEqual(
    stale.map(({ binding: { file, words }, found, wanted }) =>
      `results/${file} says ${wanted.join(", ")}; README.md says ${found?.join(", ")} (${words})`
    ),
    [],
    "deno task numbers writes them anew",
  );
});

Deno.test("every number in the README is a result, or is listed in tasks/readme_numbers.ts", () => {
  assert.deepEqual(unlistedNumbers(readme, readmeBindings, readmeFacts), []);
});

Deno.test("no fact that is listed for the README has gone out of it", () => {
  const text = prose(readme).replace(/\s+/g, " ");
  const gone = readmeFacts.flatMap(({ words }) => words).filter((words) => !text.includes(words));
  assert.deepEqual(gone, []);
});

for (const path of notebookPaths()) {
  const name = basename(path);
  Deno.test(`${name}: every number in its fixed text is listed, so that none is a result`, async () => {
    const text = notebookProse(await Deno.readTextFile(path));
    assert.deepEqual(
      unlistedNumbers(text, [], notebookFacts[name]!),
      [],
      "tasks/readme_numbers.ts",
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

Deno.test("the README says of each pair of systems what the test of likeness found", async () => {
  const path = join(projectRoot, "results/witness/synthetic50/alike.json");
  const { rows } = JSON.parse(await Deno.readTextFile(path));
  const found = rows.map(({ pair, alike }: { pair: string; alike: boolean }) => [pair, alike]);
  assert.deepEqual(found, [
    ["LeNet5 Numpy − LeNet5 Torch", true],
    ["LeNet5 Numpy − LeNet5 TF", true],
    ["LeNet5 Torch − LeNet5 TF", false],
  ]);
  const said =
    "the hand-written system is alike to each of the other two within the margin that the " +
    "table states. For torch against keras the data do not show it.";
  assert(prose(readme).replace(/\s+/g, " ").includes(said), "the README's sentence is another one");
});
