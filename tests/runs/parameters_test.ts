/** How the parameters of one notebook reach the others. */
import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { gatherParameters } from "../../lib/runs/parameters.ts";

async function withFile(work: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(join(folder, "parameters.json"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what one notebook says reaches the notebooks that say nothing", () =>
  withFile(async (file) => {
    await gatherParameters("3_training", { epochs: 3, seed: 2 }, file);
    const { values, from } = await gatherParameters("6_figures", { epochs: undefined }, file);
    assert.deepEqual(values, { epochs: 3, seed: 2 });
    assert.deepEqual(from, { epochs: "3_training", seed: "3_training" });
  }));

Deno.test("what a notebook says itself counts, and then for the others too", () =>
  withFile(async (file) => {
    await gatherParameters("3_training", { epochs: 3, seed: 2 }, file);
    const own = await gatherParameters("4_pruning", { seed: 7 }, file);
    assert.deepEqual(own, { values: { seed: 7, epochs: 3 }, from: { epochs: "3_training" } });
    const next = await gatherParameters("6_figures", {}, file);
    assert.deepEqual(next.values, { epochs: 3, seed: 7 });
    assert.deepEqual(next.from, { epochs: "3_training", seed: "4_pruning" });
  }));

Deno.test("what a notebook no longer says is forgotten", () =>
  withFile(async (file) => {
    await gatherParameters("3_training", { epochs: 3, seed: 2 }, file);
    await gatherParameters("3_training", { seed: 2 }, file);
    assert.deepEqual((await gatherParameters("6_figures", {}, file)).values, { seed: 2 });
  }));

Deno.test("a relative folder is kept as the place that it meant", () =>
  withFile(async (file) => {
    await gatherParameters("1_preprocessing", { dataFolder: "animals" }, file);
    const { values } = await gatherParameters("6_figures", {}, file);
    assert.equal(values.dataFolder, resolve("animals"));
  }));

Deno.test("with no file nothing is taken and nothing kept", async () => {
  const { values, from } = await gatherParameters("3_training", { epochs: 3 }, "none");
  assert.deepEqual([values, from], [{ epochs: 3 }, {}]);
});

Deno.test("a parameter without a sensible value is refused by its name", async () => {
  const refused: readonly [object, RegExp][] = [
    [{ epochs: 0 }, /epochs must be a whole number of at least 1, got 0/],
    [{ epochs: "3" }, /epochs must be/],
    [{ threads: 999 }, /threads must be a whole number from 1 to 64, got 999/],
    [{ learningRate: -1 }, /learningRate must be a number above 0/],
    [{ backend: "cuda" }, /backend must be "kernels" or "native", got cuda/],
    [{ dataFolder: "" }, /dataFolder must be the path of a folder/],
    [{ epoch: 3 }, /cannot have epoch; there are dataFolder, epochs/],
  ];
  for (const [given, message] of refused) {
    await assert.rejects(gatherParameters("3_training", given, "none"), { message });
  }
});

Deno.test("a damaged file is refused by its name", () =>
  withFile(async (file) => {
    for (const text of ["{", '{"epochs": {"value": "many", "notebook": "3_training"}}', "3"]) {
      await Deno.writeTextFile(file, text);
      const message = /parameters\.json, .* cannot be used: .*; delete the file/;
      await assert.rejects(gatherParameters("6_figures", {}, file), { message });
    }
  }));
