import type { ConvPoolActivation, FusedActivation } from "./tensor_operations.ts";

/** What the kernels call the activations that they apply to results. */
export const activationCodes: Readonly<Record<FusedActivation, number>> = {
  linear: 0,
  relu: 1,
  relu6: 2,
  elu: 3,
  leakyrelu: 4,
  sigmoid: 5,
  tanh: 6,
};

/** Those whose derivative follows from the result alone, by the same numbers. */
export const derivativeCodes: Readonly<Record<ConvPoolActivation, number>> = {
  linear: activationCodes.linear,
  relu: activationCodes.relu,
  sigmoid: activationCodes.sigmoid,
  tanh: activationCodes.tanh,
};
