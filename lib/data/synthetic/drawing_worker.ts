/** Draws, encodes and writes images on a thread of its own. */
import { parentPort } from "node:worker_threads";
import { drawAndWrite, type Job } from "./draw_images.ts";

parentPort!.on("message", async (job: Job) => {
  try {
    await drawAndWrite(job);
    parentPort!.postMessage({});
  } catch (error) {
    parentPort!.postMessage({ error: (error as Error).message });
  }
});
