/** The table of the data that others have results on. */
import assert from "node:assert/strict";
import { contestants } from "../../bench/fashion/contestants.ts";
import { fashionTable } from "../../bench/fashion/fashion_table.ts";
import { fashionSettings } from "../../bench/fashion/main.ts";
import type { WitnessLog } from "../../bench/witness/log.ts";
import type { RunData } from "../../lib/runs/run.ts";

const log = (top1: number, losses: readonly number[]): WitnessLog => ({
  ...{ program: "made up", losses, validation: [] },
  test: { top1, top5: 1, classesPredicted: 10 },
});

Deno.test("each training in PyTorch has a twin here, whose losses it is compared with", () => {
  const names = new Set(contestants.map(({ name }) => name));
  const twins = contestants.filter(({ name }) => name.includes("PyTorch"));
  assert.equal(twins.length, 2);
  for (const { twinOf } of twins) assert(names.has(twinOf!));
});

Deno.test("means over the seeds stand beside published accuracies; who was not trained is named", () => {
  const [torch, pytorch] = ["LeNet5 Torch, here", "PyTorch"] as const;
  const logs = new Map([
    [torch, new Map([[1, log(0.88, [2, 1, 0.5])], [2, log(0.9, [2, 1, 0.5])]])],
    [pytorch, new Map([[1, log(0.88, [2, 1, 0.6])], [2, log(0.9, [2, 1, 0.5])]])],
  ]);
  const published = [{ network: "LeNet-5", top1: 0.87, source: "somebody" }];
  const about = { title: "Fashion-MNIST", testImages: 10_000, notes: [] };
  const { rows, notes } = fashionTable(contestants, logs, published, about).options;
  assert.deepEqual(rows.map(({ who }) => who), [torch, pytorch, "published: somebody"]);
  assert.equal((rows[0]!["top1"] as { value: number }).value, 0.89);
  assert.equal(rows[1]!["together"], "2 of 3");
  assert(notes!.at(-1)!.includes("the LeNet-5 of 1998, here"));
});

Deno.test("a kept training is found by its images, epochs and seed, whatever its classes are called", () => {
  const part = (key: string) => ({ key, length: 0 });
  const data = (test: string) =>
    ({ train: part("a"), val: part("b"), test: part(test) }) as unknown as RunData;
  const settings = (data: RunData, epochs: number, seed: number) =>
    JSON.stringify(fashionSettings(data, epochs, seed));
  const named = { ...data("c"), classes: ["Coat"], key: "of the names too" } as RunData;
  assert.equal(settings(named, 10, 1), settings(data("c"), 10, 1));
  const others = [
    settings(data("d"), 10, 1),
    settings(data("c"), 9, 1),
    settings(data("c"), 10, 2),
  ];
  assert.equal(new Set([settings(data("c"), 10, 1), ...others]).size, 4);
});
