// The tensor kernels' exports. A job takes a descriptor (words in memory, written by the TypeScript beside
// it), the number of the part that it is to compute and, where it has a buffer for each thread, that of the thread;
// addresses are in bytes.
export { fill } from "./fill";
export { multiply, packPanels } from "./matrix_product";
export { convolve } from "./convolution";
export { filterGradient, foldFilterGradient } from "./convolution_filter_gradient";
export { inputGradient } from "./convolution_input_gradient";
export { averagePool, averagePoolGradient, maxPool, maxPoolGradient } from "./pooling";
export { adamStep, sgdStep } from "./optimizer_steps";
export { softmaxCrossEntropy } from "./cross_entropy";
export { convPoolForward, transformFilter } from "./conv_pool_forward";
export { convPoolBackward, foldConvPool, padFilter, permuteFilter } from "./conv_pool_backward";
export { activationGradient, foldShards } from "./dense_backward";
export { binary, select } from "./binary";
export { castNumbers, copyRows, gatherRows, oneHotRows, transposeMatrices } from "./copy";
export { argmaxRows, reduceColumns, reduceRows } from "./reduce";
export { softmaxRows } from "./softmax";
export { unary } from "./unary";
