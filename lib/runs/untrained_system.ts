import { createSystem, type SystemOptions } from "../systems/create_system.ts";
import type { System } from "../systems/system.ts";
import { FaultyNumpy } from "./faulty_numpy.ts";
import type { RunConfiguration } from "./run_configuration.ts";

/**
 * The system of a configuration, with the mistakes that the configuration asks for. The caller disposes of it.
 * @param built a network that is built already, see `SystemOptions`
 */
export async function untrainedSystem(
  configuration: RunConfiguration,
  built: Pick<SystemOptions, "layers" | "model">,
): Promise<System> {
  const { system, architecture, faults = [], seed, backend: asked } = configuration;
  if (faults.includes("swapped loss arguments")) {
    // loaded only here, because the native TensorFlow may be missing where numpy alone is used
    const { TorchSystem } = await import("../systems/torch/torch_system.ts");
    const { swappedCrossEntropy } = await import("./swapped_loss.ts");
    const { openBackend } = await import("../backend/choose_backend.ts");
    const backend = await openBackend(asked);
    return new TorchSystem(architecture, { criterion: swappedCrossEntropy, backend });
  }
  return faults.length > 0
    ? await FaultyNumpy.create(architecture, faults)
    : await createSystem(system, architecture, { seed, ...built, ...asked && { backend: asked } });
}
