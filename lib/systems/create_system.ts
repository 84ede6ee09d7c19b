import type { Architecture } from "../model/architecture.ts";
import { requireKeys } from "../model/check_architecture.ts";
import { chooseBackend } from "../backend/backend_choice.ts";
import type { BackendName } from "../backend/backend_names.ts";
import { type NumpyOptions, NumpySystem } from "./numpy/numpy_system.ts";
import type { System, SystemName } from "./system.ts";
import type { Sequential } from "../backend/tf.ts";
import type { Module } from "./torch/module.ts";

/** The three systems in the paper's order. */
export const systemNames: readonly SystemName[] = ["numpy", "torch", "keras"];

/** What the paper's tables call them. */
export const systemTitles: Readonly<Record<SystemName, string>> = {
  numpy: "LeNet5 Numpy",
  torch: "LeNet5 Torch",
  keras: "LeNet5 TF",
};

/** How a system is made. */
export interface SystemOptions extends NumpyOptions {
  /** What torch and keras run on; default: see `chooseBackend`. The hand-written system has kernels of its own. */
  readonly backend?: BackendName;
  /**
   * A network that is built already, to be trained in place of the one that is built from the architecture: a
   * `Module` of `/torch`, or a `Sequential` of `/keras`. (The hand-written system takes `layers`.)
   */
  readonly model?: object;
}

const systemKeys: Record<keyof SystemOptions, true> = {
  ...{ backend: true, model: true, seed: true },
  ...{ engine: true, layers: true, threads: true, build: true },
};

/**
 * Makes a system by name, with its own way of starting its weights. Only torch and keras look at `backend`, only
 * the hand-written one at the other options besides `seed`. The native TensorFlow is loaded when a system that
 * runs on it is made.
 * @throws RangeError if there is no system, no backend or no option of that name
 */
export async function createSystem(
  name: SystemName,
  architecture: Architecture,
  options: SystemOptions = {},
): Promise<System> {
  requireKeys("createSystem", "it", options, systemKeys);
  const { backend, model, ...own } = options;
  const { seed = 0 } = own;
  // a misspelt backend is refused whatever the system; numpy alone need not read the environment
  const backendName = name === "numpy" && backend === undefined
    ? undefined
    : chooseBackend(backend);
  switch (name) {
    case "numpy":
      return new NumpySystem(architecture, own);
    case "torch": {
      const { TorchSystem } = await import("./torch/torch_system.ts");
      const built = model ? { model: model as Module } : {};
      const { openBackend } = await import("../backend/choose_backend.ts");
      const opened = await openBackend(backendName);
      return new TorchSystem(architecture, { seed, backend: opened, ...built });
    }
    case "keras": {
      const { KerasSystem } = await import("./keras/keras_system.ts");
      const built = model ? { model: model as Sequential } : {};
      const { openBackend } = await import("../backend/choose_backend.ts");
      const opened = await openBackend(backendName);
      return new KerasSystem(architecture, { seed, backend: opened, ...built });
    }
    default:
      throw new RangeError(`no system named ${name}; there are ${systemNames.join(", ")}`);
  }
}
