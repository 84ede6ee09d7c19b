/** Which backend is taken. It is told without TensorFlow.js, which the hand-written system does not need. */
import { environment } from "../util/platform.ts";
import { type BackendName, backendNames } from "./backend_names.ts";
import { chosenKind, hasNvidiaGpu } from "./native_path.ts";

/**
 * The backend to take: the one asked for, else what the environment variable LENET_BACKEND says, else the native
 * TensorFlow if it is set up and there is a GPU, else the kernels, which need no set-up.
 * @throws RangeError if there is no backend of that name
 */
export function chooseBackend(asked?: string): BackendName {
  const fromEnvironment = environment("LENET_BACKEND") || undefined;
  const name = asked ?? fromEnvironment;
  if (name === undefined) {
    return hasNvidiaGpu() && chosenKind() !== undefined ? "native" : "kernels";
  }
  if (!(backendNames as readonly string[]).includes(name)) {
    const where = asked === undefined ? " (LENET_BACKEND)" : "";
    throw new RangeError(`no backend named ${name}${where}; there are ${backendNames.join(", ")}`);
  }
  return name as BackendName;
}
