// The kernels of the int8 network alone, for the module that `deno task bundle` makes of it.
export { lanesToRows } from "./lanes";
export { bytesToInt8x4, columnInt8x4, packInt8x4, requantize, scaleSums } from "./int8_lanes";
export { convPoolInt8, denseInt8, takesBytes } from "./int8";
export { denseInt8Single, requantizeUnits, stripsToBytes } from "./int8_single";
