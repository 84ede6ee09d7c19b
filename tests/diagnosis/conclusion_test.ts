/** The conclusion follows from the numbers: other outcomes, other sentences. */
import assert from "node:assert/strict";
import type { SplitCounts } from "../../lib/diagnosis/chance.ts";
import { conclude, conclusionText } from "../../lib/diagnosis/conclusion.ts";
import { matrixRows, paperConfigurations, rowName } from "../../lib/diagnosis/fault_matrix.ts";
import { judgeSummaries, matrixOf } from "../../lib/diagnosis/measure_matrix.ts";
import {
  correctedRun,
  type PaperRunName,
  paperRuns,
  paperTextRun,
} from "../../lib/diagnosis/paper_faults.ts";
import { summarizeCounts } from "../../lib/diagnosis/summary.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { systemNames } from "../../lib/systems/create_system.ts";

const net = lenet5();
const labels = Int32Array.from({ length: 450 }, (_, i) => i % 50);
const alive: SplitCounts = { images: 450, top1: 70, top5: 200, predicted: 45 };
const dead: SplitCounts = { images: 450, top1: 9, top5: 45, predicted: 1 };

/** A matrix in which the rows of some names are above constant prediction, with three seeds each. */
function matrix(run: PaperRunName, living: readonly string[]) {
  const names = new Set(living);
  const summaries = matrixRows(net, run).map((row) => {
    const counts = names.has(rowName(row)) ? alive : dead;
    const configuration = row.configuration;
    return summarizeCounts([1, 2, 3].map((seed) => ({
      ...{ configuration: { ...configuration, seed }, loss: 3, val: counts, test: counts },
    })));
  });
  return matrixOf(net, [run], judgeSummaries(summaries, labels));
}

function words(run: PaperRunName, living: readonly string[]): string {
  const { rows, family } = matrix(run, living);
  return conclusionText(conclude(net, { rows, family }), family);
}

const torchAlone = [
  ...["swapped loss arguments", "images sorted by class", "raw pixels", "learning rate 1e-4"],
  "one epoch",
].map((name) => `correct, with ${name}`);

Deno.test("a fault suffices if it alone kills the correct run", () => {
  const living = ["correct", ...torchAlone.filter((name) => !name.includes("swapped"))];
  const [found] = conclude(net, matrix("torch", living));
  assert.deepEqual(found!.sufficient, ["swapped loss arguments"]);
  assert.deepEqual(found!.harmless!.length, 4);
  assert.deepEqual(found!.necessary, []);
  const text = words("torch", living);
  assert.match(
    text,
    /Put alone into the correct run, the fault “swapped loss arguments” suffices to make it collapse\. Put in alone, none of the faults “images sorted by class”, “raw pixels”, “learning rate 1e-4” and “one epoch” does\./,
  );
  assert.match(
    text,
    /No repair alone revives the published run, so no single fault is necessary\./,
  );
  assert.match(text, /3 of 3 seeds with one class for every image/);
});

Deno.test("a fault is necessary if its repair alone revives the published run", () => {
  const living = ["correct", ...torchAlone, "published, but shuffled"];
  const [found] = conclude(net, matrix("torch", living));
  assert.deepEqual([found!.sufficient, found!.necessary], [[], ["images sorted by class"]]);
  const text = words("torch", living);
  assert.match(text, /No fault alone makes the correct run collapse\./);
  assert.match(
    text,
    /The published run no longer collapses once the fault “images sorted by class” is repaired: it is/,
  );
  const two = words("torch", [...living, "published, but pixels standardised"]);
  assert.match(
    two,
    /once one of the faults “images sorted by class” and “raw pixels” is repaired: each of them is nec/,
  );
});

Deno.test("several sufficient faults are listed; where all suffice nothing is said to be harmless", () => {
  assert.match(
    words("torch", ["correct"]),
    /the correct run, each of the faults .*“one epoch” suffices to make it collapse\. No repair/,
  );
  assert.doesNotMatch(words("torch", ["correct"]), / none of the faults/);
});

Deno.test("without a correct run that learns, and without a collapse, nothing is concluded", () => {
  const [neither] = conclude(net, matrix("torch", []));
  assert.deepEqual([neither!.sufficient, neither!.harmless, neither!.necessary], [
    ...[undefined, undefined, []],
  ]);
  assert.match(words("torch", []), /no fault can be told to suffice/);
  const [lives] = conclude(net, matrix("keras", ["correct", "published"]));
  assert.deepEqual([lives!.sufficient, lives!.harmless, lives!.necessary], [
    ...[[], ["raw pixels"], undefined],
  ]);
  assert.match(
    words("keras", ["correct", "published"]),
    /The published run has not collapsed, so there is no/,
  );
});

Deno.test("of a run with a single fault, this fault alone is the published run", () => {
  const [found] = conclude(net, matrix("keras", ["correct"]));
  assert.deepEqual([found!.sufficient, found!.necessary], [["raw pixels"], ["raw pixels"]]);
});

Deno.test("of a matrix with missing rows nothing is concluded", () => {
  const { rows, family } = matrix("torch", ["correct"]);
  const part = { rows: rows.filter(({ fault }) => fault?.name !== "one epoch"), family };
  assert.deepEqual(conclude(net, part), []);
  assert.match(conclusionText([], 0), /not whole/);
});

Deno.test("every row of the matrix runs on the system of the paper's run, and differs as it says", () => {
  const runs = paperRuns(net);
  for (const run of Object.keys(runs) as PaperRunName[]) {
    const rows = matrixRows(net, run);
    const faults = runs[run].faults.length;
    assert.equal(rows.length, faults === 1 ? 2 : 2 + 2 * faults, run);
    assert(rows.every(({ configuration }) => configuration.system === runs[run].system));
    assert.deepEqual(rows[0]!.configuration, correctedRun(net, runs[run].system));
    const texts = rows.map(({ configuration }) => JSON.stringify(configuration));
    assert.equal(new Set(texts).size, run.startsWith("text") ? 4 : rows.length, run);
  }
  for (const system of systemNames) {
    const [, published] = matrixRows(net, `text ${system}`);
    assert.deepEqual(published!.configuration, paperTextRun(net, system));
  }
});

Deno.test("the published runs are those of the paper's code", () => {
  const [, numpy] = matrixRows(net, "numpy"), [, torch] = matrixRows(net, "torch");
  const { architecture, ...settings } = numpy!.configuration;
  assert.deepEqual(architecture.layers.filter(({ kind }) => kind === "sigmoid").length, 2);
  assert.deepEqual(architecture.layers.filter(({ kind }) => kind === "relu").length, 2);
  assert.deepEqual(settings, {
    ...{ system: "numpy", start: "saturating", pixels: "raw", order: "shuffled" },
    optimizer: { kind: "sgd", learningRate: 2e-5, momentum: 0.8 },
    ...{ epochs: 1, batchSize: 317, seed: 1 },
    faults: [
      ...["dense layers move twice", "frozen filters", "summed gradient"],
      ...["weights shrink each step", "wrong input gradient"],
    ],
  });
  const { architecture: _, ...rest } = torch!.configuration;
  assert.deepEqual(rest, {
    ...{ system: "torch", start: "pytorch", pixels: "raw", order: "by class" },
    optimizer: { kind: "adam", learningRate: 1e-4 },
    ...{ epochs: 1, batchSize: 256, seed: 1, faults: ["swapped loss arguments"] },
  });
});

Deno.test("the list of a sweep has every row and every step, each configuration once", () => {
  const all = paperConfigurations(net);
  const keys = new Set(all.map(({ configuration }) => JSON.stringify(configuration)));
  assert.equal(keys.size, all.length);
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
  for (const run of Object.keys(paperRuns(net)) as PaperRunName[]) {
    for (const { configuration } of matrixRows(net, run)) {
      assert(keys.has(JSON.stringify(configuration)), run);
    }
  }
});
