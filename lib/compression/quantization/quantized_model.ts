import { type Activation, type Architecture, countClasses } from "../../model/architecture.ts";
import { checkWeights, type Weights } from "../../model/weights.ts";
import type { Normalisation } from "../../pixels/pixels.ts";
import { bounds } from "./quantized_activation.ts";
import type { Calibration } from "./calibrate.ts";
import { quantizeCompensated } from "./compensate.ts";
import { planQuantized } from "./plan_quantized.ts";
import { type Granularity, LIMIT, type QuantizedArray, quantizeWeights } from "./quantize.ts";
import { packedConvInputs, packedDenseInputs, type SumGroups, sumGroups } from "./packed_int8.ts";

/** One layer in int8. Its accumulators are 32-bit integers: bias + Σ weight · input. */
export interface QuantizedLayer {
  readonly name: string;
  readonly weight: QuantizedArray;
  /** In units of the accumulator, one a filter or unit. */
  readonly bias: Int32Array<ArrayBuffer>;
  /**
   * What an accumulator is multiplied with, one a filter or unit: to the activation's argument, or, in the
   * last layer, to logits.
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

/** Which weights of a filter or unit meet in a sum of 16 bits, by the layer's name. */
export function layerGroups(architecture: Architecture): Readonly<Record<string, SumGroups>> {
  const { convs, denses } = planQuantized(architecture);
  return Object.fromEntries([
    ...convs.map((stage) => [stage.name, sumGroups(packedConvInputs(stage))] as const),
    ...denses.map((stage) => [stage.name, sumGroups(packedDenseInputs(stage))] as const),
  ]);
}

/**
 * Post-training quantization of a network that takes normalised images.
 *
 * The first layer's normalisation goes into its weights' scale and its bias, so that its input is the
 * pixels' own bytes: Σ w·(p − mean)/std + b = (s/std)·(Σ q·p − mean·Σ q) + b.
 *
 * @param calibration from `calibrate`. Without ranges activations reach to their bound, 1; without
 *   moments each weight is rounded to the nearest number, with them rounding errors are compensated
 * @throws RangeError if a ReLU's range is missing: it has no bound
 */
export function quantizeModel(
  architecture: Architecture,
  weights: Weights,
  normalisation: Normalisation,
  granularity: Granularity,
  { ranges = {}, moments = {} }: Partial<Calibration> = {},
): QuantizedModel {
  checkWeights(architecture, weights);
  const groups = layerGroups(architecture);
  const { convs, denses } = planQuantized(architecture);
  const stages = [...convs, ...denses];
  let inputScale = 1 / normalisation.std;
  const layers = stages.map(({ name, activation }, i): QuantizedLayer => {
    const array = weights[`${name}.weight`]!, inputs = moments[name];
    const { biasShift, ...weight } = inputs
      ? quantizeCompensated(array, granularity, groups[name]!, inputs)
      : { biasShift: [], ...quantizeWeights(array, granularity, groups[name]!) };
    const real = weights[`${name}.bias`]!.data;
    const each = weight.values.length / real.length;
    const bias = Int32Array.from(real, (b, unit) => {
      const sum = weight.values.subarray(unit * each, (unit + 1) * each).reduce((a, q) => a + q, 0);
      const shift = i === 0 ? normalisation.mean * sum : 0;
      return Math.round((b + (biasShift[unit] ?? 0)) / (weight.scales[unit]! * inputScale) - shift);
    });
    const multipliers = weight.scales.map((scale) => Math.fround(scale * inputScale));
    const outputScale = activation ? reach(name, activation, ranges[name]) / LIMIT : 1;
    inputScale = outputScale;
    return { name, weight, bias, multipliers, outputScale };
  });
  return { architecture, granularity, layers };
}

/** How far a layer's activations reach, from zero. */
function reach(name: string, activation: Activation, found = bounds[activation]): number {
  if (!(found > 0 && Number.isFinite(found))) {
    throw new RangeError(
      `${activation} after ${name} needs a range above 0, got ${found}: quantize with calibrate()'s ranges`,
    );
  }
  return Math.min(found, bounds[activation]);
}

/** Length of a model's output. */
export function modelClasses({ architecture }: QuantizedModel): number {
  return countClasses(architecture);
}
