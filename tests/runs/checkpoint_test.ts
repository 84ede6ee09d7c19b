/** A training that is cut off goes on at the next start, and ends with the bits of a whole one. */
import assert from "node:assert/strict";
import { assertRejects, assertStringIncludes } from "../assert.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { decodeSafetensors, encodeChecked } from "../../lib/model/safetensors.ts";
import { Checkpoint } from "../../lib/runs/checkpoint.ts";
import type { Run } from "../../lib/runs/run.ts";
import { runConfiguration, type RunSettings } from "../../lib/runs/run_configuration.ts";
import { RunStore } from "../../lib/runs/run_store.ts";
import { systemNames } from "../../lib/systems/create_system.ts";
import { exists } from "../../lib/util/files.ts";
import { runData } from "./pixels.ts";

const data = runData();
const configurationOf = (settings: Partial<RunSettings> = {}) =>
  runConfiguration({
    ...{ system: "numpy", architecture: lenet5(5), epochs: 3, batchSize: 16, ...settings },
  });

/** What is cut off: an error stands for whatever ends a process. */
class Cut extends Error {}

/** A listener that throws once so many images have been trained on. */
const cutAfter = (images: number) => ({
  onProgress(done: number) {
    if (done >= images) throw new Cut();
  },
});

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const eachBatch = (folder: string) => new RunStore(folder, { checkpointSeconds: 0 });

/** Everything of a run but what the clock says. */
function timeless({ seconds: _, history, ...run }: Run) {
  return { ...run, history: history.map(({ seconds: _, imagesPerSecond: __, ...rest }) => rest) };
}

/** What is printed meanwhile with `console.warn` and `console.info`. */
async function linesOf(work: () => Promise<unknown>): Promise<string[]> {
  const { warn, info } = console, lines: string[] = [];
  console.warn = console.info = (line: string) => void lines.push(line);
  try {
    await work();
  } finally {
    Object.assign(console, { warn, info });
  }
  return lines;
}

/** The only checkpoint in a folder. */
function checkpointIn(folder: string): string {
  const [name, ...more] = [...Deno.readDirSync(`${folder}/runs`)].map(({ name }) => name)
    .filter((name) => name.endsWith(".checkpoint"));
  assert(name !== undefined && more.length === 0);
  return `${folder}/runs/${name}`;
}

for (const system of systemNames) {
  Deno.test(`${system}: a training that was cut off twice ends with the bits of a whole one`, () =>
    inFolder(async (folder) => {
      const configuration = configurationOf({ system, averaging: 0.9 });
      const whole = await new RunStore(`${folder}/whole`).train(configuration, data);
      const store = eachBatch(folder);
      await assertRejects(() => store.train(configuration, data, cutAfter(40)), Cut);
      await assertRejects(() => store.loadOrTrain(configuration, data, cutAfter(100)), Cut);
      const lines = await linesOf(async () => {
        const { run, origin } = await eachBatch(folder).loadOrTrain(configuration, data);
        assert.deepEqual(origin, "trained");
        assert.deepEqual(timeless(run), timeless(whole));
      });
      // 100 images are reached in the seventh batch, which is lost
      assert.deepEqual(lines, ["A training goes on after 1 whole epochs, 6 batches in all."]);
      assert.deepEqual([...Deno.readDirSync(`${folder}/runs`)].length, 1, "the checkpoint is gone");
    }));
}

Deno.test("a stopped training goes on where it was stopped, however short it was", () =>
  inFolder(async (folder) => {
    const store = new RunStore(folder), stop = new AbortController();
    const stopped = await store.train(configurationOf(), data, {
      signal: stop.signal,
      onProgress: (done) => void (done >= 76 && stop.abort()),
    });
    assert(stopped.stopped);
    const lines = await linesOf(() => store.train(configurationOf(), data));
    assert.deepEqual(lines, ["A training goes on after 1 whole epochs, 5 batches in all."]);
  }));

Deno.test("a short training writes no checkpoint", () =>
  inFolder(async (folder) => {
    const store = new RunStore(folder);
    await assertRejects(() => store.train(configurationOf(), data, cutAfter(170)), Cut);
    assert.deepEqual([...Deno.readDirSync(folder)], [], "nor a folder for it");
  }));

Deno.test("a checkpoint that is damaged, cut or of another run is not used, and a line says so", () =>
  inFolder(async (folder) => {
    const store = eachBatch(folder), configuration = configurationOf();
    const whole = await new RunStore(`${folder}/whole`).train(configuration, data);
    await assertRejects(() => store.train(configuration, data, cutAfter(100)), Cut);
    const path = checkpointIn(folder), bytes = await Deno.readFile(path);
    const flipped = bytes.slice();
    flipped[flipped.length - 1]! ^= 0x80;
    for (
      const [content, reason] of [
        [flipped, "its checksum (lenet.crc32) does not fit"],
        [bytes.subarray(0, bytes.length >> 1), path],
        [new Uint8Array(), path],
        [new TextEncoder().encode("no safetensors file"), path],
      ] as const
    ) {
      await Deno.writeFile(path, content);
      const lines = await linesOf(async () => {
        const run = await store.train(configuration, data);
        assert.deepEqual(timeless(run), timeless(whole));
      });
      assert.deepEqual(lines.length, 1);
      assertStringIncludes(lines[0]!, `The checkpoint ${path} is not used: `);
      assertStringIncludes(lines[0]!, reason);
      assertStringIncludes(lines[0]!, "starts from the beginning");
    }
    // the state of another configuration under this one's name
    const other = configurationOf({ seed: 9 });
    await Deno.writeFile(
      (await store.path(other, data)).replace(/safetensors$/, "checkpoint"),
      bytes,
    );
    const [line] = await linesOf(() => store.train(other, data));
    assertStringIncludes(line!, "key is ");
    // and of another engine, which may round otherwise
    const { weights, metadata } = decodeSafetensors(bytes);
    await Deno.writeFile(
      path,
      encodeChecked(weights, { ...metadata, "what computes": "an abacus" }),
    );
    const [second] = await linesOf(() => store.train(configuration, data));
    assertStringIncludes(second!, "what computes is an abacus, that of the run is kernels (");
  }));

Deno.test("a folder without room or leave to write is an error before the training", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/runs`, "a file in the place of the folder");
    let batches = 0;
    const error = await assertRejects(() =>
      new RunStore(folder).train(configurationOf(), data, { onProgress: () => void batches++ })
    );
    assertStringIncludes(error.message, `${folder}/runs has no room for the `);
    assertStringIncludes(error.message, " bytes that are to be written, or may not be written: ");
    assert.deepEqual(batches, 0);
  }));

Deno.test("several processes that finish one run may all remove its checkpoint", () =>
  inFolder(async (folder) => {
    const path = `${folder}/x.checkpoint`, checkpoint = new Checkpoint(path, { key: "", code: "" });
    const parts = [1, 2, 3].map((i) => `${path}.0000000${i}.part`);
    for (const file of [path, ...parts]) {
      await Deno.writeTextFile(file, "");
      await Deno.utime(file, 0, 0);
    }
    await Promise.all(Array.from({ length: 8 }, () => checkpoint.remove()));
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));

Deno.test("a training ends although no checkpoint can be written, and says so once", () =>
  inFolder(async (folder) => {
    const store = eachBatch(folder), configuration = configurationOf();
    const path = await store.path(configuration, data);
    // a folder that is not empty cannot be replaced by a file
    await Deno.mkdir(`${path.replace(/safetensors$/, "checkpoint")}/full`, { recursive: true });
    const lines = await linesOf(async () => {
      await store.train(configuration, data).catch(() => {});
    });
    assert.deepEqual(lines.filter((line) => line.startsWith("No checkpoint: ")).length, 1);
    assert(await exists(path));
  }));
