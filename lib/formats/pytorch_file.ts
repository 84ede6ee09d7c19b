/**
 * A state dict of PyTorch as safetensors. This project's names and layouts are PyTorch's own, so that
 * nothing is converted:
 *
 * ```py
 * model.load_state_dict(safetensors.torch.load_file("lenet.safetensors"))
 * safetensors.torch.save_file(model.state_dict(), "lenet.safetensors")
 * ```
 */
import type { Architecture } from "../model/architecture.ts";
import { ModelFileError } from "../model/model_file_error.ts";
import { decodeSafetensors, encodeChecked } from "../model/safetensors.ts";
import { checkFiniteWeights, checkWeights, type Weights } from "../model/weights.ts";
import { checkPortable, type FloatNetwork } from "./portable_network.ts";

/**
 * The bytes of a state dict. The layers and the normalisation are not part of it, as in PyTorch.
 * @throws RangeError naming what of the network cannot be written
 */
export function encodePytorch(network: FloatNetwork): Uint8Array {
  checkPortable(network);
  return encodeChecked(network.weights, { format: "pt" });
}

/**
 * Reads a state dict that safetensors wrote. Archives of `torch.save` (.pt, .pth) are refused, because to
 * read them is to run what they hold; the message has the line of Python that makes them safetensors.
 * @param source names the file in messages
 * @throws ModelFileError naming the file and what is wrong with it
 */
export function decodePytorch(
  bytes: Uint8Array,
  architecture: Architecture,
  source = "state dict",
): Weights {
  const { weights } = decodeSafetensors(bytes, source);
  try {
    checkWeights(architecture, weights);
    checkFiniteWeights(weights);
  } catch (cause) {
    throw new ModelFileError(source, "state dict", (cause as Error).message, { cause });
  }
  return weights;
}
