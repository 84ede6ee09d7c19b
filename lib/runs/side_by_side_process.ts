/**
 * A process that `sideBySide` starts. It reads one piece of work a line from its standard input, does it on one
 * thread, and writes what it has to say, one line each. It ends with its input.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { fromLine, toLine, type WorkMessage, type WorkRequest } from "./side_by_side_lines.ts";

/** Milliseconds from one message about the progress to the next. */
const PAUSE = 250;

// a notebook's Stop sends SIGINT to this process too; it goes on until `sideBySide` ends it
process.on("SIGINT", () => {});
// this takes a while, so it is imported after the listener is there
const { openExperiment } = await import("./experiment.ts");
const { imageKeys } = await import("./run_key.ts");

const tell = (told: WorkMessage) => process.stdout.write(toLine(told));

const input = createInterface({ input: process.stdin });
input.on("close", () => process.exit(0));
const dataFolder: string | null = JSON.parse(process.argv[2]!);
const opening = openExperiment(undefined, dataFolder === null ? {} : { dataFolder });

for await (const line of input) {
  try {
    const { module, call, args, images } = fromLine(line) as WorkRequest;
    const experiment = await opening;
    if (JSON.stringify(imageKeys(experiment.data)) !== JSON.stringify(images)) {
      throw new Error("its process would have other images");
    }
    let last = -Infinity;
    const telling = {
      onProgress(done: number, total: number) {
        if (performance.now() - last < PAUSE) return;
        last = performance.now();
        tell({ share: done / total });
      },
      onPart: (part: unknown) => void tell({ part: [part] }),
    };
    const result = await (await import(module))[call](experiment, telling, ...args);
    tell({ ended: [result] });
  } catch (error) {
    tell({ failed: error instanceof Error ? error.message : String(error) });
  }
}
