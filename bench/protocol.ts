/**
 * What the bench and its contenders say to each other. Stands apart from the contender, which needs
 * the native TensorFlow: the bench must start before that is set up.
 */
import { join } from "node:path";
import { projectRoot } from "../lib/util/files.ts";

/**
 * What seconds are: those of the clock on the wall, or those that the contender's process had the processor, which
 * other work on the machine hardly changes.
 */
export type BenchClock = "wall" | "cpu";

/** What is asked of a contender. */
export interface Request {
  readonly work: "train" | "infer" | "preprocess" | "epoch" | "draw";
  readonly batch: number;
  readonly seconds: number;
  /** Default: wall. */
  readonly clock?: BenchClock;
  /** Image files to preprocess. */
  readonly paths?: readonly string[];
  /** Images of an epoch, or to draw. */
  readonly images?: number;
}

/** What a contender answers. */
export type Answer =
  | { readonly images: number; readonly seconds: number }
  | { readonly error: string };

/** Where contender.py leaves the model for onnxruntime-node. */
export const modelPath: string = join(projectRoot, ".cache", "bench", "lenet.onnx");
