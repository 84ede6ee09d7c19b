// The kernels' exports. Addresses and strides are in bytes; buffers start at multiples of 64.
export { lanesToChannelLast, lanesToRows, normalise, rowsToLanes } from "./lanes";
export { convPool } from "./conv";
export { convPoolWinograd, transformFilters } from "./winograd";
export { convPoolWinogradColumns, transformFilterColumns } from "./winograd_columns";
export { addInputGradient, padWeights } from "./conv_input_gradient";
export {
  addLongWeightGradients,
  addShortWeightGradients,
  unpackWeightGradients,
} from "./conv_weight_gradient";
export { gemm, transposePanels } from "./gemm";
export { activate, activationBackward, addBiasActivate } from "./activation";
export {
  addBias,
  addBiasTo,
  addColumnSums,
  softmaxCrossEntropy,
  softTargetCrossEntropy,
} from "./dense";
export { zero } from "./math";
export { adam, sgd } from "./optimizer";
export { convPoolSingle, gemv, packFilters } from "./single";
export { peak } from "./peak";
export { bytesToInt8x4, columnInt8x4, packInt8x4, requantize, scaleSums } from "./int8_lanes";
export { convPoolInt8, denseInt8, takesBytes } from "./int8";
export { denseInt8Single, requantizeUnits, stripsToBytes } from "./int8_single";
