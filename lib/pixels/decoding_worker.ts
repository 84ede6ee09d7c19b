/** Preprocesses image files on a thread of its own. */
import { parentPort } from "node:worker_threads";
import { type DecodingBatch, preprocessBatch } from "./decode_batch.ts";
import type { DecodingAnswer } from "./decoding_crew.ts";

parentPort!.on("message", async (batch: DecodingBatch & { readonly id: number }) => {
  const { id } = batch;
  try {
    const decoded = await preprocessBatch(batch);
    const answer: DecodingAnswer = { ...decoded, id };
    parentPort!.postMessage(
      answer,
      [decoded.pixels.buffer, decoded.digests.buffer] as ArrayBuffer[],
    );
  } catch (error) {
    const answer: DecodingAnswer = { id, error: (error as Error).message };
    parentPort!.postMessage(answer);
  }
});
