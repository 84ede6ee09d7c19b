import type { Architecture } from "../../model/architecture.ts";
import { type Plan, planKernels } from "../../kernels/kernel_plan.ts";

/**
 * The steps in which a network is computed in int8.
 * @throws RangeError saying which of its layers int8 cannot compute
 */
export function planQuantized(architecture: Architecture): Plan {
  const plan = planKernels(architecture);
  if (typeof plan === "string") {
    throw new RangeError(`${architecture.name} cannot be quantized: ${plan}`);
  }
  return plan;
}
