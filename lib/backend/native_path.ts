import { existsSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../util/files.ts";
import { environment, nodeModule } from "../util/platform.ts";

/** The builds of TensorFlow there are: with and without CUDA. */
export type NativeKind = "cpu" | "gpu";

/** Where `deno task setup` puts the addon of a build. */
export function addonPath(kind: NativeKind): string {
  return join(projectRoot, ".native", kind, "tensorflow", "tfjs_binding.node");
}

let hasGpu: boolean | undefined;

/**
 * Whether this machine has an NVIDIA driver. The driver's files can be seen with all permissions only, and in
 * Windows' Linux there are none; then `nvidia-smi` is asked, and without the permission to run it the answer is no.
 */
export function hasNvidiaGpu(): boolean {
  return hasGpu ??= hasDriverFiles() || runsNvidiaSmi();
}

function hasDriverFiles(): boolean {
  try {
    return existsSync("/proc/driver/nvidia/version") || existsSync("/dev/nvidia0");
  } catch { // not permitted
    return false;
  }
}

function runsNvidiaSmi(): boolean {
  try {
    const { spawnSync } = nodeModule("node:child_process");
    return spawnSync("nvidia-smi", ["-L"], { stdio: "ignore" }).status === 0;
  } catch { // not there, or not permitted
    return false;
  }
}

/**
 * The build to load, undefined if none is set up: what `LENET_NATIVE` (cpu or gpu) says, else CUDA
 * where there is a GPU.
 * @throws RangeError if `LENET_NATIVE` is anything else
 */
export function chosenKind(): NativeKind | undefined {
  const asked = environment("LENET_NATIVE");
  if (asked !== undefined && asked !== "cpu" && asked !== "gpu") {
    throw new RangeError(`LENET_NATIVE must be cpu or gpu, got ${asked}`);
  }
  const order: NativeKind[] = asked ? [asked] : hasNvidiaGpu() ? ["gpu", "cpu"] : ["cpu", "gpu"];
  return order.find((kind) => existsSync(addonPath(kind)));
}
