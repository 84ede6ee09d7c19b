import type { Activation } from "../model/architecture.ts";
import { RELU, SIGMOID, TANH } from "./kernel_constants.ts";

/** What the kernels call an activation. */
export function activationNumber(activation: Activation): number {
  return { tanh: TANH, sigmoid: SIGMOID, relu: RELU }[activation];
}
