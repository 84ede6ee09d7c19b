import type { Architecture } from "../model/architecture.ts";
import { type NumpyOptions, NumpySystem } from "./numpy/numpy_system.ts";
import type { System, SystemName } from "./system.ts";

/** The three systems in the report's order. */
export const systemNames: readonly SystemName[] = ["numpy", "torch", "keras"];

/** What the report's tables call them. */
export const systemTitles: Readonly<Record<SystemName, string>> = {
  numpy: "LeNet5 Numpy",
  torch: "LeNet5 Torch",
  keras: "LeNet5 TF",
};

/**
 * Makes a system by name, with its own way of starting its weights. Only the hand-written one looks
 * at options besides `seed`, and it alone does without the native TensorFlow, which is loaded when one
 * of the others is made.
 * @throws RangeError if there is no system of that name
 */
export async function createSystem(
  name: SystemName,
  architecture: Architecture,
  options: NumpyOptions = {},
): Promise<System> {
  switch (name) {
    case "numpy":
      return new NumpySystem(architecture, options);
    case "torch": {
      const { TorchSystem } = await import("./torch/torch_system.ts");
      return new TorchSystem(architecture, options);
    }
    case "keras": {
      const { KerasSystem } = await import("./keras/keras_system.ts");
      return new KerasSystem(architecture, options);
    }
    default:
      throw new RangeError(`no system named ${name}; there are ${systemNames.join(", ")}`);
  }
}
