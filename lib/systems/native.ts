// deno-lint-ignore-file no-explicit-any
/**
 * Lets @tensorflow/tfjs-node-gpu find the native TensorFlow that `deno task setup` put into
 * `.native/`, and gives it back what newer runtimes took away. Must be evaluated before that package.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import util from "node:util";
// @ts-types="./pre_binding.d.ts"
import prebinding from "@mapbox/node-pre-gyp/lib/pre-binding.js";
import { projectRoot } from "../util/files.ts";

/** The builds of TensorFlow there are: with and without CUDA. */
export type NativeKind = "cpu" | "gpu";

/** Where `deno task setup` puts the addon of a build. */
export function addonPath(kind: NativeKind): string {
  return join(projectRoot, ".native", kind, "tensorflow", "tfjs_binding.node");
}

/** Whether this machine has an NVIDIA driver. */
export function hasNvidiaGpu(): boolean {
  return existsSync("/proc/driver/nvidia/version") || existsSync("/dev/nvidia0");
}

/** The build to load: what `LENET_NATIVE` (cpu or gpu) says, else CUDA where there is a GPU. */
export function chosenKind(): NativeKind | undefined {
  const asked = Deno.env.get("LENET_NATIVE");
  if (asked !== undefined && asked !== "cpu" && asked !== "gpu") {
    throw new RangeError(`LENET_NATIVE must be cpu or gpu, got ${asked}`);
  }
  const order: NativeKind[] = asked ? [asked] : hasNvidiaGpu() ? ["gpu", "cpu"] : ["cpu", "gpu"];
  return order.find((kind) => existsSync(addonPath(kind)));
}

const kind = chosenKind();
if (kind === undefined) {
  throw new Error(
    "the native TensorFlow is missing from .native/; run `deno task setup` in the project's folder",
  );
}
const addon = addonPath(kind);
// tfjs-node asks node-pre-gyp where its addon is, and expects it in its own package
const find = (prebinding as any).find;
(prebinding as any).find = (path: string, options: unknown) =>
  path.includes("tfjs-node") ? addon : find(path, options);
// tfjs-node 4.22 still calls a function that Node.js 23 removed
(util as any).isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
// 2: warnings about missing GPUs and CPU features are not shown, errors are
if (!Deno.env.has("TF_CPP_MIN_LOG_LEVEL")) Deno.env.set("TF_CPP_MIN_LOG_LEVEL", "2");
