/** A network as it is handed to other frameworks and taken back from them. */
import type { QuantizedModel } from "../compression/quantization/quantized_model.ts";
import { type Architecture, countClasses } from "../model/architecture.ts";
import { checkFiniteWeights, checkWeights, type Weights } from "../model/weights.ts";
import type { Normalisation } from "../pixels/pixels.ts";

/** What a batch normalisation adds to variances, here as in PyTorch; Keras's own number is 1e-3. */
export const batchNormEpsilon = 1e-5;

/** A network in float32, dense or pruned. */
export interface FloatNetwork {
  /** Its layers. */
  readonly architecture: Architecture;
  /** Its weights. */
  readonly weights: Weights;
  /** What becomes of the images' bytes before the first layer; absent: the network takes them as they are. */
  readonly normalisation?: Normalisation;
  /** Names of the classes, one for each logit. */
  readonly classes?: readonly string[];
}

/** A network in int8, which takes the images' bytes: the normalisation is part of its first layer. */
export interface Int8Network {
  /** The quantized layers. */
  readonly model: QuantizedModel;
  /** Names of the classes, one for each logit. */
  readonly classes?: readonly string[];
}

/** What ONNX can hold. The other formats hold a `FloatNetwork` only. */
export type PortableNetwork = FloatNetwork | Int8Network;

/** Whether a network is one in int8. */
export function isInt8(network: PortableNetwork): network is Int8Network {
  return "model" in network;
}

/**
 * Asserts that a network can be written.
 * @throws RangeError naming what is missing, misshapen or no number to compute with
 */
export function checkPortable(network: PortableNetwork): void {
  const architecture = isInt8(network) ? network.model.architecture : network.architecture;
  const count = countClasses(architecture);
  const { classes } = network;
  if (classes !== undefined && classes.length !== count) {
    throw new RangeError(`there are ${classes.length} class names for ${count} classes`);
  }
  if (isInt8(network)) return;
  checkWeights(architecture, network.weights);
  checkFiniteWeights(network.weights);
  if (network.normalisation) checkNormalisation(network.normalisation);
}

/** @throws RangeError unless the mean is finite and the std finite and above 0 */
export function checkNormalisation(normalisation: Normalisation): void {
  if (Array.isArray(normalisation)) {
    throw new RangeError(
      "a normalisation of each channel by itself cannot be written; give one for all",
    );
  }
  const { mean, std } = normalisation;
  if (Number.isFinite(mean) && Number.isFinite(std) && std > 0) return;
  throw new RangeError(
    `a normalisation needs a finite mean and a finite std above 0, got ${mean} and ${std}`,
  );
}

/**
 * The network, if it is one in float32.
 * @param format what it is for, in the message
 * @throws RangeError if it is one in int8
 */
export function requireFloat(network: PortableNetwork, format: string): FloatNetwork {
  if (isInt8(network)) {
    throw new RangeError(
      `${format} has no form for this project's int8 networks; write ONNX, or the float32 network`,
    );
  }
  return network;
}
