import assert from "node:assert/strict";
import { join } from "node:path";
import { withFiles } from "../data/files.ts";
import { openDataset } from "../../lib/data/open_dataset.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { loadPixels } from "../../lib/pixels/load_pixels.ts";
import type { Experiment } from "../../lib/runs/experiment.ts";
import { projectRoot } from "../../lib/util/files.ts";
import { OutcomeStore } from "../../lib/runs/outcome_store.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { runKey } from "../../lib/runs/run_key.ts";
import { readSweep, type SweptEntry } from "../../lib/runs/sweep_file.ts";
import { exists } from "../../lib/util/files.ts";
import { needs } from "../requirements.ts";
import { daskPython, DaskWorkers } from "../../tasks/sweep_dask.ts";
import { runSweep, type SizedJob } from "../../tasks/run_sweep.ts";
import { parseArguments, sweepList } from "../../tasks/sweep.ts";
import { WorkerProcesses } from "../../tasks/sweep_pool.ts";
import { noiseFiles } from "../data/noise_files.ts";

/** A sweep of the hand-written system and of torch with three seeds each, in a folder of its own. */
async function withJobs(
  epochs: number,
  work: (
    jobs: readonly SizedJob[],
    results: string,
    env: Readonly<Record<string, string>>,
  ) => Promise<void>,
): Promise<void> {
  await withFiles(noiseFiles, async (folder) => {
    const data = await loadPixels(await openDataset(folder, { onNotice: () => {} }));
    const jobs: SizedJob[] = [];
    for (const seed of [1, 2, 3]) {
      for (const system of ["numpy", "torch"] as const) {
        const architecture = lenet5(3);
        const configuration = runConfiguration({ system, architecture, epochs, seed });
        const key = await runKey(configuration, data);
        const name = `${system}, seed ${seed}`;
        jobs.push({ key, name, configuration, preprocess: {}, size: epochs * data.train.length });
      }
    }
    await work(jobs, join(folder, "results"), { LENET_DATA: folder });
  });
}

const outcomeFiles = (results: string) => [...Deno.readDirSync(join(results, "outcomes"))];

Deno.test("a sweep ends complete, each result once, though a worker is killed by SIGKILL", () =>
  withJobs(15, async (jobs, results, env) => {
    const store = new OutcomeStore(results);
    const pids: number[] = [];
    const workers = new WorkerProcesses({
      ...{ count: 2, turbo: false, env },
      onStart: (pid) => pids.push(pid),
    });
    let killed = false;
    const result = await runSweep(jobs, store, workers, (done) => {
      if (killed || done === 0) return; // it is in the middle of a training
      killed = true;
      Deno.kill(pids[0]!, "SIGKILL");
    });
    await workers.close();
    assert(killed);
    assert.equal(pids.length, 3, "another worker took the place of the one that was killed");
    assert.deepEqual(
      [result.found, result.computed, result.elsewhere, result.failures],
      [0, 6, 0, []],
    );
    for (const { key, configuration } of jobs) {
      assert.deepEqual((await store.get(key))!.outcome.configuration, configuration);
    }
    assert.equal(
      outcomeFiles(results).length,
      6,
      "one file for each outcome, and no claim is left",
    );
    // a second sweep finds all of it
    const again = await runSweep(jobs, store, new WorkerProcesses({ count: 1, turbo: false }));
    assert.deepEqual([again.found, again.computed], [6, 0]);
    assert.deepEqual(again.outcomes, result.outcomes);
  }));

Deno.test("two sweeps at once share the work: no training is done twice", () =>
  withJobs(3, async (jobs, results, env) => {
    const started: string[] = [];
    const sweep = async () => {
      const workers = new WorkerProcesses({ count: 1, turbo: false, env });
      const counting = {
        slots: 1,
        close: () => workers.close(),
        compute: (...args: Parameters<typeof workers.compute>) => {
          started.push(args[0].key);
          return workers.compute(...args);
        },
      };
      const result = await runSweep(jobs, new OutcomeStore(results), counting);
      await workers.close();
      return result;
    };
    const both = await Promise.all([sweep(), sweep()]);
    assert.deepEqual(started.toSorted(), jobs.map(({ key }) => key).toSorted());
    assert.equal(both[0].computed + both[1].computed, 6);
    assert.deepEqual([both[0].outcomes.size, both[1].outcomes.size], [6, 6]);
  }));

Deno.test("a worker that has other images, and one that always dies, are failures by name", () =>
  withJobs(1, async ([first, second], results, env) => {
    const workers = new WorkerProcesses({ count: 1, turbo: false, env });
    const other = { ...first!, key: "0".repeat(64) };
    const wrong = await runSweep([other, second!], new OutcomeStore(results), workers);
    await workers.close();
    assert.equal(wrong.computed, 1);
    assert.match(wrong.failures[0]!.reason, /images of this worker are not those of the sweep/);
    let tries = 0;
    const dying = new WorkerProcesses({
      ...{ count: 1, turbo: false, env },
      onStart: (pid) => {
        tries++;
        Deno.kill(pid, "SIGKILL");
      },
    });
    const { failures } = await runSweep([first!], new OutcomeStore(results), dying);
    assert.equal(tries, 3);
    assert.match(failures[0]!.reason, /SIGKILL, 3 times in a row/);
  }));

Deno.test("the task writes all outcomes of a list together, the same each time", () =>
  withFiles(noiseFiles, async (folder) => {
    const list = join(folder, "short.json");
    await Deno.writeTextFile(
      list,
      JSON.stringify([{ name: "a", configuration: { system: "numpy", epochs: 1 } }]),
    );
    const results = join(folder, "results");
    const sweep = async (...args: string[]) => {
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["task", "--quiet", "sweep", "--list", list, "--data", folder, ...args],
        ...{ cwd: projectRoot, env: { LENET_RESULTS: results, NO_COLOR: "1" } },
      }).output();
      assert(success, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout);
    };
    assert.match(await sweep("--seeds", "2", "--workers", "1"), /^2 runs: 0 found, 2 computed/);
    const path = join(results, "sweep_short.json");
    const text = await Deno.readTextFile(path);
    const [entry] = (await readSweep(results, "short"))!;
    assert.deepEqual(entry!.outcomes.map(({ outcome }) => outcome.configuration.seed), [1, 2]);
    assert.match(entry!.outcomes[0]!.made.runsOn, /, 1 thread\)$/);
    await sweep("--seeds", "3", "--turbo");
    const [{ outcomes: [, , third] }] = (await readSweep(results, "short")) as [SweptEntry];
    assert.match(third!.made.runsOn, /wide, 1 thread\)$/);
    await Deno.remove(new OutcomeStore(results).path(third!.outcome.key));
    await Deno.remove(path);
    await sweep("--seeds", "2");
    // from the file alone, and without losing the seeds that are not asked for
    await Deno.remove(join(results, "outcomes"), { recursive: true });
    assert.match(await sweep("--seeds", "1"), /^1 run: 1 found, 0 computed/);
    assert.equal(await Deno.readTextFile(path), text);
  }));

Deno.test(
  ...needs(
    "dask.distributed",
    "a Dask cluster that is running computes a sweep, one machine dying",
  ),
  () =>
    withJobs(10, async (jobs, results, env) => {
      const start = (args: string[]) =>
        new Deno.Command(daskPython, {
          args: ["-m", ...args],
          env: { DASK_CONFIG: results },
          ...{ stdin: "null", stdout: "null", stderr: "null" },
        }).spawn();
      const file = join(results, "scheduler.json"), local = ["--host", "127.0.0.1"];
      await Deno.mkdir(results);
      const part = ["--no-dashboard", "--local-directory", results, "--nthreads", "1"];
      const worker = [
        ...["distributed.cli.dask_worker", "--scheduler-file", file],
        ...local,
        ...part,
      ];
      const scheduler = ["distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"];
      const cluster = [
        start([...scheduler, "--scheduler-file", file, ...local]),
        start([...worker, "--no-nanny"]),
        start([...worker, "--no-nanny"]),
      ];
      try {
        while (!await exists(file)) await new Promise((resolve) => setTimeout(resolve, 100));
        await new Promise((resolve) => setTimeout(resolve, 3000)); // until the workers have registered
        const { address } = JSON.parse(await Deno.readTextFile(file));
        const workers = await DaskWorkers.open({ scheduler: address, count: 1, turbo: false, env });
        let killed = false;
        const result = await runSweep(jobs, new OutcomeStore(results), workers, (done) => {
          if (!killed && done > 0) cluster[1]!.kill("SIGKILL");
          killed ||= done > 0;
        });
        await workers.close();
        assert(killed);
        assert.deepEqual([result.computed, result.failures], [6, []]);
        assert.equal(outcomeFiles(results).length, 6);
      } finally {
        for (const child of cluster) {
          try {
            child.kill("SIGKILL");
          } catch { /* it has ended */ }
          await child.status;
        }
      }
    }),
);

Deno.test("arguments that a sweep cannot do are refused by name", () => {
  for (
    const [args, message] of [
      [[], /--list is missing; the lists are corrected, paper/],
      [["--list", "paper", "--seeds", "0"], /--seeds takes a whole number .* not 0/],
      [["--list", "paper", "--workers", "two"], /--workers .* not two/],
      [["--list", "paper", "--scheduler", "there"], /--scheduler takes local or an address/],
      [["--list", "paper", "--full", "--data", "x"], /--full is about the default data/],
    ] as const
  ) assert.throws(() => parseArguments(args), message);
});

Deno.test("a list in a file is refused by its name, its entry and what is wrong with it", async () => {
  const entry = { name: "a", configuration: { system: "numpy", epochs: 1 } };
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [null, /it holds no array/],
    [[], /it holds no array/],
    [[entry, null], /entry 2 has no name/],
    [[{ name: "a" }], /entry 1 has no name or no configuration/],
    [[{ ...entry, preproces: {} }], /entry 1 has preproces; an entry has name/],
    [[{ ...entry, preprocess: { widht: 3 } }], /unknown option widht/],
    [[{ ...entry, configuration: { system: "nunpy" } }], /got nunpy/],
    [[{ ...entry, configuration: { ...entry.configuration, epoch: 3 } }], /no key "epoch"/],
    [[entry, entry], /two entries of the list .* are named a/],
  ];
  const experiment = { dataset: { classes: ["x", "y"] }, data: { train: { length: 2 } } };
  await withFiles({}, async (folder) => {
    const path = join(folder, "list.json");
    for (const [list, message] of wrong) {
      await Deno.writeTextFile(path, JSON.stringify(list));
      await assert.rejects(() => sweepList(path, experiment as unknown as Experiment), (error) => {
        const { name, message: text } = error as Error;
        assert.match(text, message);
        assert(name !== "TypeError" && text.includes(path), text);
        return true;
      });
    }
  });
});
