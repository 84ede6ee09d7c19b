/** All twins: for each kernel that assembly/index.ts exports, a function of the same name. */
export { lanesToChannelLast, lanesToRows, normalise, rowsToLanes, zero } from "./lanes_twin.ts";
export { convPool, convPoolSingle, packFilters } from "./conv_twin.ts";
export { convPoolWinograd, transformFilters } from "./winograd_twin.ts";
export { convPoolWinogradColumns, transformFilterColumns } from "./winograd_columns_twin.ts";
export { addInputGradient, padWeights } from "./input_gradient_twin.ts";
export {
  addLongWeightGradients,
  addShortWeightGradients,
  unpackWeightGradients,
} from "./weight_gradient_twin.ts";
export { gemm, gemv, transposePanels } from "./gemm_twin.ts";
export { activate, activationBackward, addBiasActivate } from "./activation_twin.ts";
export {
  addBias,
  addBiasTo,
  addColumnSums,
  softmaxCrossEntropy,
  softTargetCrossEntropy,
} from "./dense_twin.ts";
export { adam, sgd } from "./optimizer_twin.ts";
export { peak } from "./peak_twin.ts";
export {
  bytesToInt8x4,
  columnInt8x4,
  packInt8x4,
  requantize,
  scaleSums,
} from "./int8_lanes_twin.ts";
export { convPoolInt8, denseInt8, takesBytes } from "./int8_twin.ts";
export { denseInt8Single, requantizeUnits, stripsToBytes } from "./int8_single_twin.ts";
