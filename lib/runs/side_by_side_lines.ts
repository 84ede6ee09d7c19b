/** The messages between `sideBySide` and its processes. Each is one line of text. */
import { Buffer } from "node:buffer";
import { deserialize, serialize } from "node:v8";
import type { ImageKeys } from "./run_key.ts";

/** A request to a process: a piece of work. */
export interface WorkRequest {
  /** Address of the module. */
  readonly module: string;
  /** Name of the function that it exports. */
  readonly call: string;
  /** Arguments of the function after the experiment and the listeners. */
  readonly args: readonly unknown[];
  /** Keys of the images that the work is about. */
  readonly images: ImageKeys;
}

/** A message of a process about its piece of work. It has one of these keys. */
export interface WorkMessage {
  /** The share that is done, from 0 to 1. */
  readonly share?: number;
  /** A part of the result that is there already, in a list, because it may be undefined. */
  readonly part?: readonly [unknown];
  /** The result of the work, which has ended, in a list. */
  readonly ended?: readonly [unknown];
  /** Why the work has failed. */
  readonly failed?: string;
}

/** Writes a message as a line. It may hold anything that `structuredClone` copies. */
export function toLine(value: WorkRequest | WorkMessage): string {
  return `${Buffer.from(serialize(value)).toString("base64")}\n`;
}

/** Reads the message of a line. */
export function fromLine(line: string): unknown {
  return deserialize(Buffer.from(line, "base64"));
}
