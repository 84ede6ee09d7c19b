/**
 * Shorter ways through the engine of tfjs. A training step calls its kernels some hundred times, and around each
 * call the engine makes closures, sets and lists that the usual case does not need: one tensor comes back, nobody
 * profiles. Where the kernels backend computes that case, the functions below do the same with less; all other
 * cases go the engine's own way.
 */
import * as tf from "@tensorflow/tfjs-core";
import { kernelsBackendName } from "./backend_names.ts";
import { withCleanTape } from "./clean_tape.ts";
import type { KernelsBackend } from "./kernels_backend.ts";

type Tensors = Record<string, tf.Tensor>;

/** A stretch of code whose tensors are freed at its end. */
interface Scope {
  readonly id: number;
  readonly name: string;
  readonly track: readonly tf.Tensor[];
}

/** What of tfjs's engine is used here; its types leave most of it out. */
interface Engine {
  readonly backendName: string | undefined;
  readonly backendInstance: KernelsBackend;
  readonly state: {
    readonly gradientDepth: number;
    readonly profiling: boolean;
    readonly scopeStack: Scope[];
    readonly activeTape: { readonly saved?: tf.Tensor[] }[] | null;
    kernelDepth: number;
    activeScope: Scope | null;
  };
  runKernel(name: string, inputs: Tensors, attrs?: object): tf.Tensor | tf.Tensor[];
  endScope(result?: unknown): void;
  clone(x: tf.Tensor): tf.Tensor;
  startTape(): void;
  gradients(...given: unknown[]): unknown;
  track(tensor: tf.Tensor): void;
  makeTensorFromTensorInfo(info: tf.TensorInfo): tf.Tensor;
  getTensorsForGradient(name: string, inputs: Tensors, outputs: tf.Tensor[]): tf.Tensor[];
  saveTensorsForBackwardMode(tensors: tf.Tensor[]): tf.Tensor[];
  addTapeNode(
    name: string,
    inputs: Tensors,
    outputs: tf.Tensor[],
    gradient: ((dy: tf.Tensor) => Record<string, () => tf.Tensor>) | null,
    saved: tf.Tensor[],
    attrs: object | undefined,
  ): void;
}

/** What tfjs keeps where all of its copies find it; its own `getKernel` puts a key together at each call. */
const shared =
  (globalThis as { _tfGlobals?: Map<string, Map<string, tf.KernelConfig>> })._tfGlobals;
const registry = shared?.get("kernelRegistry");
const keys = new Map<string, string>();

/** The kernels backend's kernel of a name. */
function kernelOf(name: string): tf.KernelConfig | undefined {
  if (registry === undefined) return tf.getKernel(name, kernelsBackendName);
  let key = keys.get(name);
  if (key === undefined) keys.set(name, key = `${kernelsBackendName}_${name}`);
  return registry.get(key);
}

/** Whether tfjs is to look at every kernel that runs, for `tf.profile` or its flag DEBUG. */
function isWatched({ state }: Engine): boolean {
  return state.profiling || tf.env().getBool("DEBUG");
}

/** Puts the shorter ways into tfjs's engine, once. */
export function shortenEngine(): void {
  const engine = tf.engine() as unknown as Engine;
  if (Object.hasOwn(engine, "endScope")) return;
  const { runKernel, endScope, gradients } = engine;

  engine.gradients = (...given) => withCleanTape(() => gradients.apply(engine, given));

  engine.runKernel = (name, inputs, attrs) => {
    const kernel = engine.backendName === kernelsBackendName && !isWatched(engine)
      ? kernelOf(name)
      : undefined;
    if (kernel === undefined) return runKernel.call(engine, name, inputs, attrs);
    const { state } = engine;
    // what a kernel calls is no part of the tape
    const isTapeOn = state.gradientDepth > 0 && state.kernelDepth === 0;
    let outputs: tf.Tensor[], isList: boolean, saved: tf.Tensor[] = [];
    state.kernelDepth++;
    try {
      const found = kernel.kernelFunc({
        inputs,
        attrs: attrs as tf.NamedAttrMap,
        backend: engine.backendInstance,
      });
      isList = Array.isArray(found);
      outputs = (isList ? found as tf.TensorInfo[] : [found as tf.TensorInfo]).map((info) =>
        // some kernels of the CPU backend give a tensor
        "rank" in info && info.rank != null
          ? info as tf.Tensor
          : engine.makeTensorFromTensorInfo(info)
      );
      if (isTapeOn) {
        const wanted = engine.getTensorsForGradient(name, inputs, outputs);
        saved = engine.saveTensorsForBackwardMode(wanted);
      }
    } finally {
      state.kernelDepth--;
    }
    if (isTapeOn) engine.addTapeNode(name, inputs, outputs, null, saved, attrs);
    return isList ? outputs : outputs[0]!;
  };

  shortenClones(engine);

  engine.endScope = (result) => {
    if (result !== undefined && !(result instanceof tf.Tensor)) {
      endScope.call(engine, result);
      return;
    }
    const { state } = engine, scope = state.activeScope!;
    for (const tensor of scope.track) {
      // `kept` is not among a tensor's public fields
      if (!(tensor as { kept?: boolean }).kept && tensor !== result) tensor.dispose();
    }
    state.scopeStack.pop();
    state.activeScope = state.scopeStack.at(-1) ?? null;
    if (result === undefined) return;
    const { kept, scopeId } = result as { kept?: boolean; scopeId?: number };
    if (!kept && scopeId === scope.id) engine.track(result);
  };
}

/**
 * What a gradient needs later is saved as a clone, and the clone stands on the tape. Only a gradient within a gradient
 * goes back through it, so clones are put on the tape when such a one begins.
 */
function shortenClones(engine: Engine): void {
  const { clone, startTape } = engine;
  let saved: { readonly x: tf.Tensor; readonly y: tf.Tensor; readonly at: number }[] = [];

  engine.clone = (x) => {
    const { state } = engine;
    const isUsual = engine.backendName === kernelsBackendName && state.gradientDepth === 1 &&
      !isWatched(engine) && engine.backendInstance.has(x);
    if (!isUsual) return clone.call(engine, x);
    const y = engine.makeTensorFromTensorInfo(engine.backendInstance.share(x, x.shape));
    saved.push({ x, y, at: state.activeTape!.length });
    return y;
  };

  engine.startTape = () => {
    const { state } = engine;
    if (state.gradientDepth > 0) {
      const gradient = (dy: tf.Tensor) => ({ x: () => tf.cast(dy, "float32") });
      // each to its place, the last one first
      for (const { x, y, at } of saved.reverse()) {
        engine.addTapeNode("clone", { x }, [y], gradient, [], {});
        state.activeTape!.splice(at, 0, state.activeTape!.pop()!);
      }
    }
    saved = [];
    startTape.call(engine);
  };
}
