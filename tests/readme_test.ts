/** The numbers in the README are those of the results that it names. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { projectRoot } from "../lib/util/files.ts";

type Row = Record<string, unknown>;
interface Share {
  readonly value: number;
  readonly interval: readonly [number, number];
}

const readme = await Deno.readTextFile(join(projectRoot, "README.md"));
const rows = async (table: string): Promise<Row[]> =>
  JSON.parse(await Deno.readTextFile(join(projectRoot, "results", `${table}.json`))).rows;

/** 0.180 (0.147–0.218) */
function written({ value, interval: [low, high] }: Share): string {
  return `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}

Deno.test("the README's accuracies are those of results/table_2.json", async () => {
  const table = await rows("table_2");
  for (const metric of ["top-1", "top-5"]) {
    const row = table.find((row) => row.split === "test" && row.metric === metric)!;
    const line = readme.split("\n").find((line) => line.startsWith(`| ${metric}`));
    for (const system of ["numpy", "torch", "keras"]) {
      const share = written(row[system] as Share);
      assert(line?.includes(share), `${metric} of ${system} is ${share} in results/table_2.json`);
    }
  }
});

Deno.test("the README's words on int8 are those of results/quantization.json", async () => {
  const table = await rows("quantization");
  const named = (name: string) => table.find((row) => row.name === name)!;
  const [dense, both] = [named("int8, per channel"), named("both: structured pruning and int8")];
  for (
    const words of [
      `the same class as the float32 network for ${(dense.agreement as number).toFixed(1)} %`,
      `has ${(dense.share as number).toFixed(2)} of the bytes`,
      `the file has ${(both.share as number).toFixed(2)} of the bytes`,
    ]
  ) {
    assert(readme.replace(/\s+/g, " ").includes(words), `results/quantization.json: ${words}`);
  }
});
