/**
 * Networks for other frameworks and from them: ONNX, Keras 3, TensorFlow.js and PyTorch.
 *
 * ```ts
 * import { createSystem, lenet5 } from "@lenet/three-ways/systems";
 * import { openNetwork, saveNetwork } from "@lenet/three-ways/formats";
 *
 * const architecture = lenet5(50);
 * const system = await createSystem("numpy", architecture, { seed: 1 });
 * const weights = await system.weights();
 * system.dispose();
 * const network = { architecture, weights, normalisation: { mean: 110, std: 60 } };
 * await saveNetwork("lenet.onnx", network, "onnx");
 * await saveNetwork("lenet.keras", network, "keras");
 * console.log(await openNetwork("lenet.keras"));
 * ```
 *
 * ONNX takes images as bytes, (n, channels, height, width), and holds float32 or int8. Keras and TensorFlow.js
 * take pixels from 0 to 255, (n, height, width, channels). All three give logits. PyTorch's file has the
 * weights alone.
 * @module
 */
export {
  formatEndings,
  openNetwork,
  type PortableFormat,
  portableFormats,
  saveNetwork,
} from "./network_files.ts";
export type { FloatNetwork, Int8Network, PortableNetwork } from "./portable_network.ts";
export { decodeOnnx } from "./onnx/read_onnx.ts";
export { encodeOnnx } from "./onnx/write_onnx.ts";
export {
  decodeKeras,
  decodeKerasWeights,
  encodeKeras,
  encodeKerasWeights,
} from "./keras/keras_file.ts";
export { decodeTfjs, encodeTfjs, type Files } from "./tfjs_model.ts";
export { decodePytorch, encodePytorch } from "./pytorch_file.ts";
export { ModelFileError } from "../model/model_file_error.ts";
export type {
  QuantizedLayer,
  QuantizedModel,
} from "../compression/quantization/quantized_model.ts";
export type { ActivationCurve } from "../compression/quantization/quantized_activation.ts";
export type { Granularity, QuantizedArray } from "../compression/quantization/quantize.ts";
export type { Activation, Architecture, FurtherActivation, Layer } from "../model/architecture.ts";
export type { WeightArray, Weights } from "../model/weights.ts";
export type { Normalisation } from "../pixels/pixels.ts";
