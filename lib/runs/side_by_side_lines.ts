/** What `sideBySide` and its processes say to each other, a line each. */
import { Buffer } from "node:buffer";
import { deserialize, serialize } from "node:v8";
import type { RunData } from "./run.ts";

/** What a process is asked for. */
export interface Asked {
  /** Address of the module. */
  readonly module: string;
  /** Name of the function that it exports. */
  readonly call: string;
  /** What it takes after the experiment and the telling. */
  readonly args: readonly unknown[];
  /** Keys of the images that the work is about. */
  readonly images: readonly string[];
}

/** What a process tells of the work at hand. */
export interface Told {
  /** The share that is done, from 0 to 1. */
  readonly share?: number;
  /** What has been found so far, in a list, because it may be undefined. */
  readonly part?: readonly [unknown];
  /** It has ended; the result in a list. */
  readonly ended?: readonly [unknown];
  /** It has failed, and why. */
  readonly failed?: string;
}

/** A line that holds anything that `structuredClone` copies. */
export function toLine(value: Asked | Told): string {
  return `${Buffer.from(serialize(value)).toString("base64")}\n`;
}

/** What a line holds. */
export function fromLine(line: string): unknown {
  return deserialize(Buffer.from(line, "base64"));
}

/** What tells the images of an experiment from others. */
export function imagesOf({ train, val, test }: RunData): string[] {
  return [train.key, val.key, test.key];
}
