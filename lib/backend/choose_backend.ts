/**
 * Which backend of TensorFlow.js computes for the torch and keras systems, and how it is opened. Both may be open in
 * one process; tfjs has one current backend for all, so each system's work runs inside of `withBackend`.
 */
// with all of tfjs come its gradients, some of which the kernels backend replaces
import * as tf from "./tf.ts";
import { defaultThreads } from "../kernels/default_threads.ts";
import { isTurbo, missingForKernels } from "../kernels/kernel_platform.ts";
import {
  openTensorKernels,
  type TensorBuild,
  tensorBuilds,
} from "../kernels/tensor/open_tensor_kernels.ts";
import { requireKeys } from "../model/check_architecture.ts";
import { describe } from "../model/describe.ts";
import { chooseBackend } from "./backend_choice.ts";
import { shortenLayers } from "./layer_shortcuts.ts";
import {
  type BackendName,
  backendNames,
  kernelsBackendName,
  nativeBackendName,
} from "./backend_names.ts";

export { type BackendName, backendNames, chooseBackend };

/** An open backend. */
export interface Backend {
  /** Which of the two it is. */
  readonly name: BackendName;
  /** What it runs on: "kernels (narrow, 2 threads)", "native TensorFlow 2.21". */
  readonly runsOn: string;
  /** Its name in tfjs. */
  readonly tfName: string;
}

/** How the kernels backend is opened. */
export interface KernelsBackendOptions {
  /** Threads, the calling one included; default: see `defaultThreads`. */
  readonly threads?: number;
  /** Default: `wide` in a process with the turbo flags, else `narrow`. The results are the same. */
  readonly build?: TensorBuild;
  /** Bytes that all tensors together can take, at most 2 GiB, which is the default; unused ones cost nothing. */
  readonly memoryBytes?: number;
}

const optionKeys: Record<keyof KernelsBackendOptions, true> = {
  ...{ threads: true, build: true, memoryBytes: true },
};

/** Just below 2 GiB, so that every address is a positive int32. */
const MOST_BYTES = 2 ** 31 - 2 ** 16;

const open = new Map<BackendName, Promise<Backend>>();

/**
 * Opens a backend, once for all that ask; the options count for the first of them. The first one that is opened
 * becomes tfjs's current backend.
 * @param asked see `chooseBackend`
 * @throws RangeError naming an option that is unknown or has no sensible value
 * @throws Error if the native TensorFlow is not set up, or the machine lacks what the kernels need
 */
export async function openBackend(
  asked?: string,
  options: KernelsBackendOptions = {},
): Promise<Backend> {
  const name = chooseBackend(asked);
  requireKeys("openBackend", "it", options, optionKeys);
  const { build } = options;
  if (build !== undefined && !tensorBuilds.includes(build)) {
    throw new RangeError(`build must be ${tensorBuilds.join(" or ")}, got ${describe(build)}`);
  }
  // somebody may have taken it out of tfjs meanwhile
  const kept = open.get(name);
  if (kept && !tf.findBackend((await kept.catch(() => undefined))?.tfName ?? "")) open.delete(name);
  const opening = open.get(name) ?? (name === "native" ? openNative() : openKernels(options));
  open.set(name, opening);
  try {
    const backend = await opening;
    if (!tf.engine().backendName) await tf.setBackend(backend.tfName);
    return backend;
  } catch (error) {
    open.delete(name);
    throw error;
  }
}

async function openNative(): Promise<Backend> {
  const before = tf.engine().backendName;
  const { nativeVersion } = await import("./native_backend.ts");
  // importing it makes it the current one
  if (before) await tf.setBackend(before);
  const tfName = nativeBackendName;
  return { name: "native", tfName, runsOn: `native TensorFlow ${nativeVersion()}` };
}

async function openKernels(options: KernelsBackendOptions): Promise<Backend> {
  const missing = missingForKernels();
  if (missing !== undefined) {
    throw new Error(`the kernels cannot run: this machine lacks ${missing}`);
  }
  const { registerKernelsBackend } = await import("./register_kernels.ts");
  const { threads = defaultThreads(), build = isTurbo() ? "wide" : "narrow" } = options;
  const { memoryBytes: bytes = MOST_BYTES } = options;
  registerKernelsBackend(await openTensorKernels({ bytes, threads, build, scratchBytes: 0 }));
  shortenLayers();
  const runsOn = `kernels (${build}, ${threads} thread${threads > 1 ? "s" : ""})`;
  // made now, so that it can become the current one at once
  tf.findBackend(kernelsBackendName);
  return { name: "kernels", tfName: kernelsBackendName, runsOn };
}

/**
 * Runs `work` with a backend as tfjs's current one, and puts back the one before. `work` must not be asynchronous:
 * what it would do after its first `await` would run on whatever backend is current then.
 */
export function withBackend<T>({ tfName }: Backend, work: () => T): T {
  const engine = tf.engine() as unknown as CurrentBackend;
  const { backendName, backendInstance } = engine;
  if (backendName === tfName) return work();
  // tf.setBackend asks every kernel whether it has something to prepare, which takes a millisecond
  engine.backendName = tfName;
  engine.backendInstance = engine.registry[tfName];
  try {
    return work();
  } finally {
    engine.backendName = backendName;
    engine.backendInstance = backendInstance;
  }
}

/** What makes a backend of tfjs's engine the current one. */
interface CurrentBackend {
  backendName: string | undefined;
  backendInstance: unknown;
  readonly registry: Readonly<Record<string, unknown>>;
}
