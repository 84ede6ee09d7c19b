/** Table III whole, on a tiny data set: what each row computes, and the sentences about it. */
import assert from "node:assert/strict";
import { assertGreater } from "../assert.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { holm } from "../../lib/metrics/holm.ts";
import { pairedRatio } from "../../lib/metrics/paired_ratio.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import {
  table3,
  table3Accuracy,
  table3Losses,
  table3Memory,
} from "../../lib/report/tables/table_3.ts";
import { paperMemoryWords, slowdownWords, verdict } from "../../lib/report/words/table_3_words.ts";
import { epochsInTurns } from "../../lib/runs/epoch_timing.ts";
import {
  paperCodeRows,
  type PaperRow,
  paperTextRows,
  paperVariants,
  table3Rows,
} from "../../lib/runs/paper_compression_runs.ts";
import { measured } from "../../lib/runs/measured.ts";
import { residentMemory } from "../../lib/runs/resident_memory.ts";
import { trainRun } from "../../lib/runs/train_run.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { NumpySystem } from "../../lib/systems/numpy/numpy_system.ts";
import { trainBatches } from "../../lib/runs/finetuning.ts";
import { runData } from "./pixels.ts";

const [architecture, data] = [lenet5(5), runData()];
const dataset = {
  ...{ name: "made", synthetic: true, classes: [..."abcde"], splits: data },
} as unknown as Dataset;
const configuration = runConfiguration({
  ...{ system: "torch", architecture, epochs: 3, batchSize: 16 },
  optimizer: { kind: "adam", learningRate: 3e-3 },
});

Deno.test("Table III has the text's four systems and the code's four", async () => {
  const run = await trainRun(configuration, data);
  const told: number[] = [];
  const text = await paperTextRows(
    ...[run, data, { rounds: 2, processes: 1 }, (done: number) => void told.push(done)] as const,
  );
  assert.deepEqual([...new Set(told)], Array.from({ length: 13 }, (_, i) => i));
  const code = await paperCodeRows(architecture, data, {
    ...{ rounds: 2, processes: 1, seed: 1, batchSize: 16 },
  });
  for (const [source, rows] of [["text", text], ["code", code]] as const) {
    assert.deepEqual(rows.map((row) => row.source), Array(4).fill(source));
    assert.deepEqual(rows.map(({ variant }) => variant), [...paperVariants]);
    assert.deepEqual(rows.map(({ seconds }) => seconds.values.length), [2, 2, 2, 2]);
    assert.deepEqual(rows.map(({ paired }) => paired === undefined), [true, false, false, false]);
    const [dense, pruned, quantized] = rows;
    assertGreater(pruned!.fileBytes, 1.9 * dense!.fileBytes, "masks are stored beside weights");
    assert.equal(quantized!.fileBytes, dense!.fileBytes);
  }
  const losses = (row: PaperRow | undefined) => row!.losses;
  assert.notDeepEqual(losses(text[2]), losses(text[0]), "rounding changes the loss");
  assert.deepEqual(losses(code[2]), losses(code[0]), "fusing changes nothing");
  assert.deepEqual(losses(code[3]), losses(code[1]), "nor of the pruned network");
  assert(losses(text[0]).every((loss) => loss > 0));
  assert(losses(code[0])[1]! < losses(code[0])[0]! && losses(code[0])[1]! < 0, "no lower bound");
  const all = table3Rows(text, code);
  const ps = all.flatMap(({ paired }) => paired ? [paired] : []);
  assert.deepEqual(ps.map(({ corrected }) => corrected), holm(ps.map(({ p }) => p)));
  const shown = table3(dataset, all).text();
  for (const seconds of [115, 117, 257, 292]) assert(shown.includes(` ${seconds} `), `${seconds}`);
  assert.equal(table3Accuracy(dataset, all).options.rows.length, 8);
  assert.equal(table3Losses(dataset, all).options.rows.length, 8);
  assert.equal(table3Memory(all).options.rows.length, 4);
  const words = slowdownWords(all, data.train.length);
  assert(words.includes("the same losses as the dense one to the last bit"), words);
  assert(paperMemoryWords(all).includes("+ pruning:"));
});

Deno.test("the sentences on the slowdown follow the measured seconds", () => {
  const base = [1, 1.01, 1.02];
  const row = (source: "text" | "code", variant: PaperRow["variant"], seconds: number[]) =>
    ({
      ...{ source, variant, losses: seconds.map(() => 1), seconds: measured(seconds) },
      ...variant === "dense" ? {} : { slowdown: pairedRatio(seconds, base) },
    }) as unknown as PaperRow;
  const rows = (quantized: number) => [
    row("text", "dense", base),
    row("text", "quantization", [quantized, quantized * 1.01, quantized * 1.03]),
  ];
  const said = (quantized: number) => slowdownWords(rows(quantized), 1000);
  assert(said(2.22).includes("is reproduced, and the interval holds"), said(2.22));
  assert(said(4).includes("is reproduced, and is larger than in the paper"), said(4));
  assert(said(1.5).includes("slower, but by less than in the paper"), said(1.5));
  assert(said(1).includes("not reproduced"), said(1));
  assert(said(0.5).includes("faster, so the paper's slowdown is not reproduced"), said(0.5));
  const alone = { value: 2, interval: [-Infinity, Infinity], count: 1 } as const;
  assert(verdict(alone, 2).includes("does not tell"));
  const wide = { value: 1.5, interval: [0.5, 5], count: 3 } as const;
  assert(verdict(wide, 2.2).includes("too wide to tell"));
});

Deno.test("epochs are trained in turns, and what warms up leaves no trace", async () => {
  const run = await trainRun({ ...configuration, system: "numpy" }, data);
  const fit = { optimizer: { kind: "adam", learningRate: 1e-3 } as const };
  const order: string[] = [];
  const trainee = (name: string) => {
    const system = new NumpySystem(architecture, { threads: 1, seed: 1 });
    const onEpoch = () => void order.push(name);
    return { system, train: () => trainBatches(run, data), fit: { ...fit, onEpoch } };
  };
  const [a, b] = [trainee("a"), trainee("b")];
  const times = await epochsInTurns([a, b], 3);
  assert.deepEqual(order.slice(2), ["a", "b", "b", "a", "a", "b"]);
  assert.deepEqual(times[0]!.losses, times[1]!.losses);
  const plain = new NumpySystem(architecture, { threads: 1, seed: 1 });
  const [first] = await plain.fit(trainBatches(run, data), { ...fit, epochs: 1 });
  assert.equal(times[0]!.losses[0], first!.loss);
  for (const { system } of [a, b, { system: plain }]) system.dispose();
  await assert.rejects(epochsInTurns([a], 0), RangeError);
});

Deno.test("a process that cannot load its network is an error that says why", async () => {
  const broken = { "conv1.weight": { shape: [1], data: Float32Array.of(1) } };
  await assert.rejects(
    residentMemory([{ kind: "numpy", architecture, weights: broken }], 1),
    /failed with code 1: [\s\S]*conv1/,
  );
});
