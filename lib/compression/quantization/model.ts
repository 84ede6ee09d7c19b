import { type Architecture, countClasses } from "../../systems/architecture.ts";
import { type Plan, planKernels } from "../../systems/numpy/kernels/plan.ts";
import { checkWeights, type Weights } from "../../systems/weights.ts";
import type { Normalisation } from "../../pixels/pixels.ts";
import { type Granularity, LIMIT, type QuantizedArray, quantizeWeights } from "./quantize.ts";

/** One layer in int8. Its accumulators are 32-bit integers: bias + Σ weight · input. */
export interface QuantizedLayer {
  readonly name: string;
  readonly weight: QuantizedArray;
  /** In units of the accumulator, one a filter or unit. */
  readonly bias: Int32Array<ArrayBuffer>;
  /**
   * What an accumulator is multiplied with, one a filter or unit: to steps of the tanh table, or, in
   * the last layer, to logits.
   */
  readonly multipliers: Float32Array<ArrayBuffer>;
  /** Real value of an output of 1; of the last layer 1, since its outputs are real. */
  readonly outputScale: number;
}

/** A network whose weights and activations are int8. Images go in as the bytes they are. */
export interface QuantizedModel {
  readonly architecture: Architecture;
  readonly granularity: Granularity;
  readonly layers: readonly QuantizedLayer[];
}

/** Largest magnitude of each layer's activations after tanh, by the layer's name. */
export type ActivationRanges = Readonly<Record<string, number>>;

/** Steps of the tanh table to a unit of its argument. */
export const TABLE_STEPS = 256;
/** The table reaches from −TABLE_END to TABLE_END; tanh 4 is 0.9993, which is 127 of 127. */
export const TABLE_END = 4 * TABLE_STEPS;

/** The steps of a network that int8 knows. @throws RangeError saying what does not fit */
export function planQuantized(architecture: Architecture): Plan {
  const plan = planKernels(architecture);
  if (typeof plan === "string") {
    throw new RangeError(`${architecture.name} cannot be quantized: ${plan}`);
  }
  for (const { name, activation = "tanh" } of [...plan.convs, ...plan.denses]) {
    if (activation !== "tanh") {
      throw new RangeError(
        `${architecture.name} cannot be quantized: ${activation} follows ${name}, int8 knows tanh`,
      );
    }
  }
  return plan;
}

/**
 * Post-training quantization of a network that takes normalised images.
 *
 * The first layer's normalisation goes into its weights' scale and its bias, so that its input is the
 * pixels' own bytes: Σ w·(p − mean)/deviation + b = (s/deviation)·(Σ q·p − mean·Σ q) + b.
 *
 * @param ranges largest magnitudes of the activations, from `calibrate`; by default tanh's bound, 1
 */
export function quantizeModel(
  architecture: Architecture,
  weights: Weights,
  normalisation: Normalisation,
  granularity: Granularity,
  ranges: ActivationRanges = {},
): QuantizedModel {
  checkWeights(architecture, weights);
  const { convs, denses } = planQuantized(architecture);
  const names = [...convs, ...denses].map(({ name }) => name);
  let inputScale = 1 / normalisation.deviation;
  const layers = names.map((name, i): QuantizedLayer => {
    const last = i === names.length - 1;
    const weight = quantizeWeights(weights[`${name}.weight`]!, granularity);
    const real = weights[`${name}.bias`]!.data;
    const each = weight.values.length / real.length;
    const bias = Int32Array.from(real, (b, unit) => {
      const sum = weight.values.subarray(unit * each, (unit + 1) * each).reduce((a, q) => a + q, 0);
      const shift = i === 0 ? normalisation.mean * sum : 0;
      return Math.round(b / (weight.scales[unit]! * inputScale) - shift);
    });
    const multipliers = weight.scales.map((scale) =>
      Math.fround(scale * inputScale * (last ? 1 : TABLE_STEPS))
    );
    const outputScale = last ? 1 : (ranges[name] ?? 1) / LIMIT;
    inputScale = outputScale;
    return { name, weight, bias, multipliers, outputScale };
  });
  return { architecture, granularity, layers };
}

/** The int8 values of tanh at each step of the table, from −TABLE_END to TABLE_END. */
export function tanhTable(outputScale: number): Int8Array<ArrayBuffer> {
  return Int8Array.from({ length: 2 * TABLE_END + 1 }, (_, i) => {
    const q = Math.round(Math.tanh((i - TABLE_END) / TABLE_STEPS) / outputScale);
    return Math.max(-LIMIT, Math.min(LIMIT, q));
  });
}

/** Length of a model's output. */
export function modelClasses({ architecture }: QuantizedModel): number {
  return countClasses(architecture);
}
