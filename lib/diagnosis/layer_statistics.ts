import { type Activation, type Architecture, isActivation, trace } from "../model/architecture.ts";
import type { Weights } from "../model/weights.ts";
import type { Batch } from "../pixels/pixels.ts";
import { activationRules } from "../kernels/twins/activation_twin.ts";
import { Network } from "../systems/numpy/reference_network.ts";

/** What some images show about one layer of a network. */
export interface LayerStatistics {
  /** Name of the layer that computes; its activation is the one that follows. */
  readonly layer: string;
  /** Share of its activations whose slope is below 2 % of the steepest; undefined after the last. */
  readonly saturated: number | undefined;
  /** Euclidean norm of the gradient of its weights: of the mean cross-entropy on the images. */
  readonly gradientNorm: number;
  /** How its activations are spread, see {@link activationShares}; none after the last layer. */
  readonly activations?: readonly number[];
}

/** Below this share of an activation's steepest slope a unit is called saturated: |tanh| > 0.99. */
export const SATURATED = 0.02;

/** Bins of {@link activationShares}, from −1 to 1. */
export const ACTIVATION_BINS = 21;

/** Steepest slope of each activation. */
const steepest: Readonly<Record<Activation, number>> = { tanh: 1, sigmoid: 0.25, relu: 1 };

/** Measures saturation and gradients of every layer on a batch. */
export function layerStatistics(
  architecture: Architecture,
  weights: Weights,
  { images, labels, size }: Batch,
): LayerStatistics[] {
  const network = new Network(architecture);
  network.setWeights(weights);
  network.gradient(images, labels, size);
  const norms = new Map(network.parameters.map(({ name, grad }) => [
    name,
    Math.sqrt(Array.from(grad).reduce((sum, g) => sum + g * g, 0)),
  ]));
  const outputs = network.activations();
  const kinds = trace(architecture).map(({ layer }) => layer).filter(isActivation);
  const names = architecture.layers.flatMap((layer) => "name" in layer ? [layer.name] : []);
  return names.map((layer, i) => {
    const output = outputs[i], kind = kinds[i]?.kind;
    return {
      layer,
      saturated: output && kind ? saturatedShare(output, kind) : undefined,
      gradientNorm: norms.get(`${layer}.weight`)!,
      ...(output && kind ? { activations: activationShares(output) } : {}),
    };
  });
}

/** Share of outputs of an activation at which it hardly passes a gradient on. */
export function saturatedShare(outputs: ArrayLike<number>, kind: Activation): number {
  const { slope } = activationRules[kind];
  let count = 0;
  for (let i = 0; i < outputs.length; i++) {
    // `!(…)` counts a NaN too
    if (!(slope(outputs[i]!) >= SATURATED * steepest[kind])) count++;
  }
  return count / outputs.length;
}

/**
 * Shares of the activations in equal bins from −1 to 1, one of them around zero. What ReLU lets through
 * above 1 counts in the last bin; what is no number counts in none.
 */
export function activationShares(outputs: ArrayLike<number>): number[] {
  const shares = new Array<number>(ACTIVATION_BINS).fill(0);
  for (let i = 0; i < outputs.length; i++) {
    const bin = Math.floor((outputs[i]! + 1) / 2 * ACTIVATION_BINS);
    if (!Number.isNaN(bin)) {
      shares[Math.min(ACTIVATION_BINS - 1, Math.max(0, bin))]! += 1 / outputs.length;
    }
  }
  return shares;
}
