/** What a sweep and its workers say to each other: JSON, one message a line, over stdin and stdout. */
import type { PreprocessOptions } from "../lib/pixels/preprocess.ts";
import type { KeptOutcome } from "../lib/runs/run_outcome.ts";
import type { RunConfiguration } from "../lib/runs/run_configuration.ts";
import { nameNonFinite, readNonFinite } from "../lib/util/non_finite_json.ts";

/** One training of a sweep. */
export interface Job {
  /** What the outcome is kept under. A worker that finds other images refuses the job. */
  readonly key: string;
  /** "the paper's code, seed 3", for messages. */
  readonly name: string;
  /** What to train. */
  readonly configuration: RunConfiguration;
  /** How the images are prepared, where that differs from the default. */
  readonly preprocess: Partial<PreprocessOptions>;
}

/** What a worker says of the job that it has. */
export type Message =
  | { readonly key: string; readonly done: number }
  | { readonly key: string; readonly kept: KeptOutcome }
  | { readonly key: string; readonly error: string };

/** Lines of the protocol begin with this; whatever else a worker prints is no message. */
const mark = "lenet-sweep ";

/** A line for stdin or stdout. */
export function encodeLine(message: Job | Message): string {
  return `${mark}${JSON.stringify(message, nameNonFinite)}\n`;
}

/** The message of a line, undefined if it is none. */
export function decodeLine<T extends Job | Message>(line: string): T | undefined {
  return line.startsWith(mark) ? JSON.parse(line.slice(mark.length), readNonFinite) : undefined;
}

/** The lines of a stream, without their ends. A last line that was cut off is left out. */
export async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
