import assert from "node:assert/strict";
import { stop } from "../../lib/report/stop.ts";
import process from "node:process";
import {
  Progress,
  progress,
  type ProgressBarOptions,
  training,
} from "../../lib/report/progress_bar.ts";

/** A bar with a clock of our own. */
function bar(label: string, unit: string, options: ProgressBarOptions = {}) {
  const drawn: [text: string, share: number, last: boolean][] = [];
  const clock = { time: 0 };
  const port = {
    now: () => clock.time,
    draw: (text: string, share: number, last: boolean) => {
      drawn.push([text, share, last]);
      return Promise.resolve();
    },
    breathe: () => Promise.resolve(),
  };
  return { bar: new Progress(label, unit, { port, ...options }), drawn, clock };
}

Deno.test("quick work shows no bar", async () => {
  const { bar: progress, drawn, clock } = bar("Reading", "images");
  for (clock.time = 0; clock.time < 2000; clock.time += 100) {
    await progress.update(clock.time, 1900);
  }
  assert.deepEqual(drawn, []);
});

Deno.test("a bar shows rate and remaining time, at most three times a second, and a last line", async () => {
  const { bar: progress, drawn, clock } = bar("Training", "images");
  for (clock.time = 0; clock.time <= 10_000; clock.time += 50) {
    await progress.update(clock.time / 5, 2000, "epoch 1");
  }
  assert.deepEqual(drawn[0], [
    "Training: 400 of 2,000 images (20 %), 200/s, 2 s, 8 s left, epoch 1",
    0.2,
    false,
  ]);
  assert.deepEqual(drawn.at(-1), ["Training: 2,000 of 2,000 images, 200/s, took 10 s", 1, true]);
  assert.deepEqual(drawn.length, 24);
});

Deno.test("long durations are shown in minutes", async () => {
  const { bar: progress, drawn, clock } = bar("Training", "images");
  clock.time = 10_000;
  await progress.update(10, 1000);
  assert.deepEqual(drawn[0]![0], "Training: 10 of 1,000 images (1 %), 1/s, 10 s, 16:30 min left");
});

Deno.test("work that was done before the clock started does not raise the rate", async () => {
  const { bar: progress, drawn, clock } = bar("Training", "images", { before: 500 });
  clock.time = 10_000;
  await progress.update(600, 1000);
  assert.deepEqual(drawn[0]![0], "Training: 600 of 1,000 images (60 %), 10/s, 10 s, 40 s left");
});

Deno.test("a bar for no work ends with a last line", async () => {
  const { bar: progress, drawn, clock } = bar("Reading", "images");
  clock.time = 3000;
  await progress.update(0, 0);
  assert.deepEqual(drawn, [["Reading: 0 of 0 images, 0/s, took 3 s", 1, true]]);
});

Deno.test("a stop ends the bar, and the work with an error that says how far it had come", async () => {
  const stop = new AbortController();
  const { bar: progress, drawn, clock } = bar("Pruning", "ways", { signal: stop.signal });
  clock.time = 4000;
  await progress.update(10, 100);
  stop.abort();
  const message = "Pruning: stopped at 21 %, 21 of 100 ways";
  await assert.rejects(async () => await progress.update(21, 100), { name: "Stopped", message });
  assert.deepEqual(drawn.at(-1), [`${message}, after 4 s`, 0.21, true]);
});

Deno.test("a stop ends a training's bar, and leaves the end to the training", async () => {
  const signal = AbortSignal.abort();
  const { bar: progress, drawn } = bar("Training", "images", { signal, throws: false });
  await progress.update(21, 100);
  await progress.update(22, 100); // a listener may hear of the validation too
  assert.deepEqual(drawn.map(([text]) => text), [
    "Training: stopped at 21 %, 21 of 100 images, after 0 s",
  ]);
});

Deno.test("a bar whose work is silent after a stop can be ended", async () => {
  const { bar: progress, drawn } = bar("Training", "images", { throws: false });
  await progress.end();
  assert.equal(drawn.length, 0, "nothing has begun");
  await progress.update(21, 100);
  await progress.end();
  await progress.end();
  assert.deepEqual(drawn.map(([text]) => text), [
    "Training: stopped at 21 %, 21 of 100 images, after 0 s",
  ]);
  const { bar: whole, drawn: lines } = bar("Training", "images", { throws: false });
  await whole.update(100, 100);
  await whole.end();
  assert.equal(lines.length, 0, "a bar that has come to its end");
});

Deno.test("stop() reaches the work under way and not the work that begins afterwards", () => {
  const first = training("Training");
  stop();
  assert.equal(first.signal.aborted, true);
  assert.equal(training("Training").signal.aborted, false);
});

/** What a bar leaves on the error output, when `[milliseconds, images]` of 100 have passed. */
async function written(isTerminal: boolean, course: readonly (readonly [number, number])[]) {
  const lines: string[] = [], { now } = performance, { error } = console, { stderr } = process;
  const before = Object.getOwnPropertyDescriptor(stderr, "isTTY"), { write } = stderr;
  let time = 0;
  try {
    performance.now = () => time;
    console.error = (text) => void lines.push(text);
    Object.defineProperty(stderr, "isTTY", { value: isTerminal, configurable: true });
    stderr.write = (text: unknown) => lines.push(String(text)) > 0;
    const bar = progress("Reading", "images");
    for (const [at, images] of course) {
      time = at;
      await bar(images, 100);
    }
    return lines;
  } finally {
    Object.assign(performance, { now });
    Object.assign(console, { error });
    stderr.write = write;
    if (before) Object.defineProperty(stderr, "isTTY", before);
    else delete (stderr as { isTTY?: boolean }).isTTY;
  }
}

Deno.test("a terminal shows the bar in one place, and its end on a line of its own", async () => {
  assert.deepEqual(await written(true, [[0, 0], [3000, 30], [3100, 31], [4000, 100]]), [
    "\r\x1b[K██████░░░░░░░░░░░░░░ Reading: 30 of 100 images (30 %), 10/s, 3 s, 7 s left",
    "\r\x1b[K████████████████████ Reading: 100 of 100 images, 25/s, took 4 s\n",
  ]);
});

Deno.test("a log file gets a line each ten seconds, and the end", async () => {
  const course = [[0, 0], [3000, 30], [8000, 40], [14_000, 50], [20_000, 99], [21_000, 100]];
  assert.deepEqual(await written(false, course as [number, number][]), [
    "██████░░░░░░░░░░░░░░ Reading: 30 of 100 images (30 %), 10/s, 3 s, 7 s left",
    "██████████░░░░░░░░░░ Reading: 50 of 100 images (50 %), 3.57/s, 14 s, 14 s left",
    "████████████████████ Reading: 100 of 100 images, 4.76/s, took 21 s",
  ]);
});
