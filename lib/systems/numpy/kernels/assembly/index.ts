// The kernels' exports. Addresses and strides are in bytes; buffers start at multiples of 64.
export { lanesToChannelLast, lanesToRows, normalise, rowsToLanes } from "./lanes";
export { convPool } from "./conv";
export {
  addInputGradient,
  addWeightGradients,
  padWeights,
  unpackWeightGradients,
} from "./conv_backward";
export { gemm, transposePanels } from "./gemm";
export { addBias, addBiasTanh, addColumnSums, softmaxCrossEntropy, tanhBackward } from "./dense";
export { tanhInPlace } from "./math";
export { adam, sgd } from "./optimizer";
