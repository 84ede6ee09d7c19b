/** Which backend is taken. It is told without TensorFlow.js, which the hand-written system does not need. */
import { environment } from "../util/platform.ts";
import { type BackendName, backendNames } from "./backend_names.ts";
import { chosenKind, hasNvidiaGpu, type NativeKind } from "./native_path.ts";

/** The faster one: without a GPU TensorFlow trains at a fraction of the kernels' rate. */
export function defaultBackend(hasGpu: boolean, kind: NativeKind | undefined): BackendName {
  return hasGpu && kind === "gpu" ? "native" : "kernels";
}

/**
 * The backend to take: the one asked for, else what the environment variable LENET_BACKEND says, else the native
 * TensorFlow if there is a GPU and its build for GPUs is set up, else the kernels, which need no set-up.
 * @throws RangeError if there is no backend of that name
 */
export function chooseBackend(asked?: string): BackendName {
  const fromEnvironment = environment("LENET_BACKEND") || undefined;
  const name = asked ?? fromEnvironment;
  if (name === undefined) {
    return defaultBackend(hasNvidiaGpu(), chosenKind());
  }
  if (!(backendNames as readonly string[]).includes(name)) {
    const where = asked === undefined ? " (LENET_BACKEND)" : "";
    throw new RangeError(`no backend named ${name}${where}; there are ${backendNames.join(", ")}`);
  }
  return name as BackendName;
}
