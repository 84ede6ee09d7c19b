/// <reference lib="deno.worker" />
/** Preprocesses image files on a thread of its own. */
import { type DecodingBatch, preprocessBatch } from "./decode_batch.ts";

self.onmessage = async ({ data }: MessageEvent<DecodingBatch>) => {
  try {
    const answer = await preprocessBatch(data);
    self.postMessage(answer, [answer.pixels.buffer, answer.digests.buffer]);
  } catch (error) {
    self.postMessage({ error: (error as Error).message });
  }
};
