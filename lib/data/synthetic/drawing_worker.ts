/// <reference lib="deno.worker" />
/** Draws, encodes and writes images on a thread of its own. */
import { drawAndWrite, type Job } from "./draw_images.ts";

self.onmessage = async ({ data }: MessageEvent<Job>) => {
  try {
    await drawAndWrite(data);
    self.postMessage({});
  } catch (error) {
    self.postMessage({ error: (error as Error).message });
  }
};
