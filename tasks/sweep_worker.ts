/**
 * A worker of `deno task sweep`: trains what it is told on stdin and answers on stdout, until stdin ends.
 * It writes no result; the sweep does. With `--finish` it does what it was told before stdin ended.
 */
import { datasetFromEnvironment } from "../lib/data/choose_dataset.ts";
import { loadPixels } from "../lib/pixels/load_pixels.ts";
import type { PreprocessOptions } from "../lib/pixels/preprocess.ts";
import type { RunData } from "../lib/runs/run.ts";
import { trainOutcome } from "../lib/runs/run_outcome.ts";
import { runKey } from "../lib/runs/run_key.ts";
import { decodeLine, encodeLine, type Job, lines, type Message } from "./sweep_protocol.ts";

/** The images of a way of preparing them, loaded once. */
const loaded = new Map<string, Promise<RunData>>();

function images(preprocess: Partial<PreprocessOptions>): Promise<RunData> {
  const name = JSON.stringify(preprocess);
  const found = loaded.get(name) ??
    datasetFromEnvironment().then((dataset) => loadPixels(dataset, preprocess));
  loaded.set(name, found);
  return found;
}

function say(message: Message): void {
  const bytes = new TextEncoder().encode(encodeLine(message));
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(0); // the sweep is gone
    throw error;
  }
}

async function work({ key, configuration, preprocess }: Job): Promise<void> {
  const data = await images(preprocess);
  if (await runKey(configuration, data) !== key) {
    throw new Error("the images of this worker are not those of the sweep");
  }
  let told = -Infinity;
  const kept = await trainOutcome(configuration, data, (done) => {
    if (performance.now() - told < 250) return;
    told = performance.now();
    say({ key, done });
  });
  say({ key, kept });
}

if (import.meta.main) {
  const jobs: Job[] = [];
  let closed = false;
  let wake = () => {};
  // read while training too: when the sweep ends, be it by SIGKILL, its worker ends
  (async () => {
    for await (const line of lines(Deno.stdin.readable)) {
      const job = decodeLine<Job>(line);
      if (job) jobs.push(job);
      wake();
    }
    if (!Deno.args.includes("--finish")) Deno.exit(0);
    closed = true;
    wake();
  })();
  while (true) {
    const job = jobs.shift();
    if (job) {
      await work(job).catch((error) => say({ key: job.key, error: (error as Error).message }));
    } else if (closed) Deno.exit(0);
    else await new Promise<void>((resolve) => wake = resolve);
  }
}
