/** The witnesses: what is handed to the other programs, and what is said of their answers. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { alikeTable } from "../../bench/witness/alike.ts";
import { agreement, lossDifference } from "../../bench/witness/agreement.ts";
import { epochOrders } from "../../bench/witness/export.ts";
import { TOLERANCE, type Witnessed } from "../../bench/witness/witnessed.ts";
import { runName, witnessRuns } from "../../bench/witness/witness_runs.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { PackedPixels } from "../../lib/pixels/packed.ts";
import { prepareRun } from "../../lib/runs/train_run.ts";
import { systemNames, systemTitles } from "../../lib/systems/create_system.ts";
import { exists, projectRoot } from "../../lib/util/files.ts";

Deno.test("trainings are the same up to the first step whose losses differ", () => {
  const { together, steps, largest } = agreement([4, 3, 2, 1], [4, 3.001, 2.2, 1], 1e-3);
  assert.deepEqual([together, steps], [2, 4]);
  assert(Math.abs(largest - 0.2 / 2.2) < 1e-12);
  assert.equal(agreement([4, null], [4, null], 1e-3).together, 2);
  assert.equal(agreement([4, null], [4, 5], 1e-3).largest, Infinity);
  assert.throws(() => agreement([1], [1, 2], 1e-3), /1 steps cannot be compared with 2/);
});

Deno.test("losses above 1 are compared by their ratio, smaller ones by their difference", () => {
  assert.equal(lossDifference(0.25, 0.5), 0.25);
  assert.equal(lossDifference(-30, -40), 0.25);
});

Deno.test("the exported order is the order in which the run takes its images", async () => {
  const count = 23, architecture = lenet5(50);
  const labels = Int32Array.from({ length: count }, (_, i) => (7 * i) % 5);
  const pixels = Uint8Array.from({ length: count * 1024 }, (_, i) => Math.floor(i / 1024));
  const set = new PackedPixels(pixels, labels, 1, 32, 32, "made up");
  const data = { train: set, val: set, test: set };
  const runs = witnessRuns(architecture);
  assert(runs.some(({ configuration }) => configuration.order === "by class"));
  assert(runs.some(({ configuration }) => configuration.order === "shuffled"));
  for (const { configuration } of runs) {
    const prepared = await prepareRun({ ...configuration, epochs: 2, batchSize: 4 }, data);
    const orders = epochOrders({ ...configuration, epochs: 2 }, prepared, data);
    const seen: number[] = [];
    for (let epoch = 0; epoch < 2; epoch++) {
      for await (const batch of prepared.train) {
        for (let i = 0; i < batch.size; i++) seen.push(batch.bytes![i * 1024]!);
      }
    }
    prepared.system.dispose();
    assert.deepEqual(
      [...orders],
      seen,
      runName({ ...configuration, kind: "published", configuration }),
    );
  }
});

Deno.test("committed logs are of today's configurations, and their sums are right", async () => {
  for (const data of ["synthetic50", "tiny50"]) {
    const folder = join(projectRoot, "results", "witness", data);
    if (data === "tiny50" && !await exists(folder)) continue; // it is no part of the project
    for (const run of witnessRuns(lenet5(50))) {
      const path = join(folder, `${runName(run)}.json`);
      const log = JSON.parse(await Deno.readTextFile(path)) as Witnessed;
      assert.deepEqual(log.configuration, run.configuration, path);
      assert.deepEqual(
        log.agreement,
        agreement(log.ours.losses, log.theirs.losses, TOLERANCE),
        path,
      );
    }
  }
});

Deno.test("the committed logs of the corrected runs score what the committed Table II has", async () => {
  const { rows } = JSON.parse(await Deno.readTextFile(join(projectRoot, "results/table_2.json")));
  for (const system of systemNames) {
    const log = join(projectRoot, `results/witness/synthetic50/${system}_corrected.json`);
    const { ours: { test } } = JSON.parse(await Deno.readTextFile(log));
    for (const [metric, key] of [["top-1", "top1"], ["top-5", "top5"]] as const) {
      const row = rows.find((row: Record<string, string>) =>
        row.system === systemTitles[system] && row.split === "test" && row.metric === metric
      );
      assert.equal(test[key], row.here.value, `${system}, ${metric}: deno task witness`);
    }
  }
});

Deno.test("systems are called alike when their differences are within the margin, and only then", () => {
  const numpy = [0.18, 0.2, 0.19, 0.21, 0.2],
    shift = (by: number) => numpy.map((share, i) => share + by + i / 1e3);
  const table = alikeTable({ numpy, torch: shift(0.002), keras: shift(0.1) }, []);
  assert.deepEqual(table.options.rows.map(({ alike }) => alike), [true, false, false]);
  assert(table.options.notes!.some((note) => note.startsWith("1 of 3 pairs are alike")));
});
