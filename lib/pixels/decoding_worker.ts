/// <reference lib="deno.worker" />
/** Preprocesses image files on a thread of its own. */
import { type DecodingBatch, preprocessBatch } from "./decode_batch.ts";
import type { DecodingAnswer } from "./decoding_threads.ts";

self.onmessage = async ({ data }: MessageEvent<DecodingBatch & { readonly id: number }>) => {
  const { id } = data;
  try {
    const decoded = await preprocessBatch(data);
    const answer: DecodingAnswer = { ...decoded, id };
    self.postMessage(answer, [decoded.pixels.buffer, decoded.digests.buffer]);
  } catch (error) {
    const answer: DecodingAnswer = { id, error: (error as Error).message };
    self.postMessage(answer);
  }
};
