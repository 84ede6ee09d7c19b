import type { FusedActivation } from "../../kernels/tensor/tensor_operations.ts";

/** tfjs's names of the fused activations that the kernels have. */
const activations: readonly string[] = [
  ...["linear", "relu", "relu6", "elu", "leakyrelu", "sigmoid", "tanh"] satisfies FusedActivation[],
];

/** The activation that a fused kernel is asked for; undefined if the kernels do not have it. */
export function activationOf(attrs: { activation?: string }): FusedActivation | undefined {
  const name = attrs.activation ?? "linear";
  return activations.includes(name) ? name as FusedActivation : undefined;
}
