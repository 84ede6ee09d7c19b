import assert from "node:assert/strict";
import { join } from "node:path";
import {
  bestRecipeSummary,
  bestRecipeTable,
  searchTable,
} from "../../lib/report/tables/search_table.ts";
import { searchWords } from "../../lib/report/words/search_words.ts";
import {
  type FinalRun,
  readSearchLog,
  type SearchLog,
  type Trial,
} from "../../lib/runs/search_log.ts";
import { projectRoot } from "../../lib/util/files.ts";
import { assertStringIncludes } from "../assert.ts";

const trial = (candidate: string, epochs: number, top1: number, more = {}): Trial => ({
  ...{ key: `${candidate} ${epochs}`, candidate, epochs, seed: 1, top1, top5: 2 * top1 },
  ...{ seconds: 10, date: "2026-01-02", ...more },
});
const unfinished: SearchLog = {
  ...{ data: "made, 5 classes", trainImages: 90, chosenBy: 40, kept: [], final: [] },
  trials: [trial("slow", 5, 0.1), trial("quick", 5, 0.3, { teacherSeconds: 77 })],
};

Deno.test("the search's table says what was tried, by which images, and whether it is over", () => {
  const text = searchTable(unfinished).markdown();
  assert.match(text, /\| quick \| 0\.300 \/ 0\.600 \| 10 \|/);
  assert.match(text, /on 90 images\. It was judged .* on 40 others/);
  assert.match(text, /not come to its end/);
  assert.match(text, /training it and asking it took 77 s/);
  assert.match(text, /Computed on 2026-01-02/);
  const finished = {
    ...unfinished,
    trials: [...unfinished.trials, trial("quick", 9, 0.4)],
    kept: [["quick"], ["quick"]],
  };
  const whole = searchTable(finished).markdown();
  assert.match(whole, /\| quick \| 0\.300 \/ 0\.600 \| 0\.400 \/ 0\.800 \| 20 \|/);
  assert.match(whole, /\| slow \| 0\.100 \/ 0\.200 \| {2}\| 10 \|/);
  assert.match(whole, /Chosen: quick\./);
});

Deno.test("every log in results/search says which search it is, and stands beside its tables", async () => {
  const folder = join(projectRoot, "results", "search"), titles = new Set<string>();
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const logs = names.filter((name) => name.endsWith(".json"));
  for (const name of logs) {
    const log = (await readSearchLog(join(folder, name)))!;
    const turn = /_(second|third)\.json$/.exec(name)?.[1] ?? "first";
    const title = `The ${turn} search for the best recipe of LeNet-5, on ${log.data}`;
    const tables = [searchTable(log), ...log.final.length > 0 ? [bestRecipeTable(log)] : []];
    assert.equal(tables[0]!.json().title, title);
    titles.add(title);
    const text = await Deno.readTextFile(join(folder, name.replace(/json$/, "md")));
    for (const table of tables) assertStringIncludes(text, table.markdown().split("\n")[0]!);
  }
  assert.equal(titles.size, logs.length);
});

Deno.test("the chosen recipe's table has each seed, and the mean with its interval", () => {
  const run = (seed: number, top1: number): FinalRun => ({
    ...trial("quick", 9, top1),
    ...{ seed, test: { top1: top1 + 0.1, top5: 0.7, images: 50 } },
  });
  const text = bestRecipeTable({ ...unfinished, final: [run(1, 0.2), run(2, 0.4)] }, 50).markdown();
  assert.match(text, /\| 1 \| 0\.200 \| 0\.400 \| 0\.300 \| 0\.700 \| 10 \|/);
  assert.match(text, /\| mean \(95 %\) \| 0\.300 \(/);
  assert.match(text, /quick, 9 epochs/);
});

Deno.test("the summary has the means over the seeds, from all views and from one", () => {
  const run = (seed: number, top1: number): FinalRun => ({
    ...{ ...trial("quick", 9, top1), seconds: 90, seed },
    test: { top1: top1 + 0.1, top5: 0.7, images: 50 },
    testOneView: { top1, top5: 0.6, views: 18 },
  });
  const final = [run(1, 0.2), run(2, 0.4)];
  const table = bestRecipeSummary({ ...unfinished, final }, 50), text = table.markdown();
  const { rows } = table.json();
  assert.deepEqual(rows.map(({ images, metric }) => `${images} ${metric}`), [
    ...["validation top-1", "validation top-5", "test top-1", "test top-5"],
  ]);
  assert.match(text, /\| test \| top-1 \| 0\.400 \([^|]+\| 0\.300 \(/);
  assert.match(text, /quick\. Means of 2 seeds of 9 epochs, which took 1\.5 minutes each/);
  assert.match(text, /the mean of 18 views/);
  assert.throws(() => bestRecipeSummary(unfinished, 50), /has not been trained/);
});

Deno.test("the words on a search tell its choice, and whether the last round can tell it apart", () => {
  assert.match(searchWords(unfinished), /^The search on made, 5 classes tried 2 recipes in 2 /);
  assert.match(searchWords(unfinished), /not come to its end\.$/);
  const with2 = (first: number, second: number) =>
    searchWords({
      ...{ ...unfinished, chosenBy: 1000, kept: [["quick", "slow"], ["quick"]] },
      trials: [...unfinished.trials, trial("quick", 9, first), trial("slow", 9, second)],
    });
  assert.match(with2(0.4, 0.1), /chose "quick" with 0\.600 after 9 epochs/);
  assert.match(with2(0.4, 0.1), /"slow", has 0\.150\. The difference is larger than/);
  assert.match(with2(0.4, 0.39), /the difference of 0\.015 may be chance\.$/);
});

Deno.test("without the number of validation images their means have no interval", () => {
  const run = { ...trial("quick", 9, 0.2), test: { top1: 0.1, top5: 0.2, images: 50 } };
  const cells = (table: ReturnType<typeof bestRecipeTable>) => table.options.rows.at(-1)!;
  assert.equal(cells(bestRecipeTable({ ...unfinished, final: [run] }))["val1"], 0.2);
  const known = cells(bestRecipeTable({ ...unfinished, valImages: 50, final: [run] }))["val1"];
  assert.equal((known as { value: number }).value, 0.2);
});
