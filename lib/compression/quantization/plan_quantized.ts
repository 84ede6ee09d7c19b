import type { Architecture } from "../../model/architecture.ts";
import { type Plan, planKernels } from "../../kernels/kernel_plan.ts";

/** The steps of a network that int8 knows. @throws RangeError saying what does not fit */
export function planQuantized(architecture: Architecture): Plan {
  const plan = planKernels(architecture);
  if (typeof plan === "string") {
    throw new RangeError(`${architecture.name} cannot be quantized: ${plan}`);
  }
  return plan;
}
