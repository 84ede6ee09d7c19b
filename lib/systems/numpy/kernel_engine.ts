import { KernelNetwork } from "../../kernels/kernel_network.ts";
import type { Engine } from "./engine.ts";

/** The SIMD kernels as the hand-written system's engine. */
export class KernelEngine extends KernelNetwork implements Engine {}
