import { Buffer } from "node:buffer";

/** Bytes as text, for a picture that stands in a document. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
