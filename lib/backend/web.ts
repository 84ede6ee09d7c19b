/**
 * The kernels backend for web pages: nothing here or below needs Deno or Node.js. `deno task bundle` makes one ES
 * module of it, with the compiled kernels and the threads' code inside.
 * @module
 */
// with all of tfjs come its gradients, some of which the kernels backend replaces
import * as tf from "./tf.ts";
import { requireKeys } from "../model/check_architecture.ts";
import { hasRelaxedSimd } from "../kernels/relaxed_simd.ts";
import { TensorKernels } from "../kernels/tensor/tensor_kernels.ts";
import { webThreads } from "../kernels/tensor/web_threads.ts";
import { kernelsBackendName } from "./backend_names.ts";
import { shortenLayers } from "./layer_shortcuts.ts";
import { registerKernelsBackend } from "./register_kernels.ts";

/** How the backend is opened in a page. */
export interface PageOptions {
  /**
   * Threads, the page's own included. Default: 1, 2 or 4, as many as there are cores for, if the page is cross-origin
   * isolated; else 1, since only such a page has memory that threads can share.
   */
  readonly threads?: number;
  /** Bytes that all tensors together can take, at most 2 GiB; default 1 GiB. Unused ones cost nothing. */
  readonly memoryBytes?: number;
}

/** What the bundle holds besides this code. */
export interface PageParts {
  /** The compiled kernels. */
  readonly binary: Uint8Array<ArrayBuffer>;
  /** The code of a thread: `web_worker.ts` as one module. */
  readonly workerSource: string;
}

/** An open backend in a page. */
export interface PageBackend {
  /** Its name in tfjs, of which it is the current backend from now on. */
  readonly name: string;
  /** The page's own included. */
  readonly threads: number;
  /** Ends the threads and takes the backend out of tfjs; a second call does nothing. */
  close(): void;
}

const pageKeys: Record<keyof PageOptions, true> = { threads: true, memoryBytes: true };

/** The one that is open. */
let open: Promise<PageBackend> | undefined;

/**
 * Opens the backend and makes it tfjs's current one, once for all that ask until it is closed: the options count
 * for the first of them.
 * @throws {RangeError} naming an option that is unknown or has no sensible value, or if more than one thread is asked
 * for and the page is not cross-origin isolated
 * @throws {Error} if the browser lacks WebAssembly's relaxed SIMD
 */
export async function openInPage(
  parts: PageParts,
  options: PageOptions = {},
): Promise<PageBackend> {
  requireKeys("openBackend", "it", options, pageKeys);
  const opening = open ??= openAnew(parts, options, () => {
    if (open === opening) open = undefined;
  });
  try {
    const backend = await opening;
    await tf.setBackend(backend.name);
    return backend;
  } catch (error) {
    if (open === opening) open = undefined;
    throw error;
  }
}

async function openAnew(
  { binary, workerSource }: PageParts,
  { threads = pageThreads(), memoryBytes = 2 ** 30 }: PageOptions,
  onClose: () => void,
): Promise<PageBackend> {
  if (!hasRelaxedSimd()) {
    throw new Error("the kernels cannot run: this browser lacks WebAssembly's relaxed SIMD");
  }
  if (threads > 1 && !globalThis.crossOriginIsolated) {
    throw new RangeError(
      `${threads} threads need a page that is cross-origin isolated: let its server send ` +
        "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp",
    );
  }
  const url = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
  try {
    const kernels = await TensorKernels.create({
      bytes: Math.min(memoryBytes, 2 ** 31 - 2 ** 16),
      threads,
      binary,
      scratchBytes: 0,
      startThread: webThreads(url),
      shared: threads > 1,
    });
    registerKernelsBackend(kernels);
    shortenLayers();
    let isOpen = true;
    const close = () => {
      if (!isOpen) return;
      isOpen = false;
      onClose();
      tf.removeBackend(kernelsBackendName);
      kernels.dispose();
    };
    return { name: kernelsBackendName, threads, close };
  } finally {
    URL.revokeObjectURL(url); // every thread has loaded it
  }
}

function pageThreads(): number {
  if (!globalThis.crossOriginIsolated) return 1;
  const cores = navigator.hardwareConcurrency;
  return cores >= 4 ? 4 : cores >= 2 ? 2 : 1;
}
