import { type Activation, type Architecture, countClasses } from "../../model/architecture.ts";
import type { ConvStage, DenseStage } from "../../kernels/kernel_plan.ts";
import { firstNonFinite } from "../../model/finite.ts";
import { checkWeights, type Weights } from "../../model/weights.ts";
import { type Normalisation, requireOneNormalisation } from "../../pixels/pixels.ts";
import { type ActivationCurve, activationCurve, bounds } from "./quantized_activation.ts";
import type { Calibration } from "./calibrate.ts";
import { quantizeCompensated } from "./compensate.ts";
import { planQuantized } from "./plan_quantized.ts";
import { type Granularity, INT8_MAX, type QuantizedArray, quantizeWeights } from "./quantize.ts";
import { packedConvInputs, packedDenseInputs, type SumGroups, sumGroups } from "./packed_int8.ts";

/** One layer in int8. It computes sums of 32 bits: bias + Σ weight · input. */
export interface QuantizedLayer {
  /** Name of the layer. */
  readonly name: string;
  /** The quantized weight. */
  readonly weight: QuantizedArray;
  /** One for each filter or unit, in the units of the sum. */
  readonly bias: Int32Array<ArrayBuffer>;
  /**
   * One for each filter or unit: the real number that a sum of 1 stands for. A sum times its multiplier is
   * the argument of the activation, or, in the last layer, a logit.
   */
  readonly multipliers: Float32Array<ArrayBuffer>;
  /** The real number that a stored output of 1 stands for; 1 in the last layer, which gives logits. */
  readonly outputScale: number;
  /**
   * The formula of the activation, where a file has it; absent: what `activationCurve` makes of the output
   * scale. Another JavaScript engine may round that otherwise in the last bit.
   */
  readonly curve?: ActivationCurve;
}

/** A network whose weights and activations are int8. Its input is the images' own bytes, 0–255. */
export interface QuantizedModel {
  /** The network. */
  readonly architecture: Architecture;
  /** Whether a weight has one scale or one for each output channel. */
  readonly granularity: Granularity;
  /** The layers with weights, in their order. */
  readonly layers: readonly QuantizedLayer[];
}

/** The weights of a filter or unit whose products the kernels add in 16 bits, by the layer's name. */
export function layerGroups(architecture: Architecture): Readonly<Record<string, SumGroups>> {
  const { convs, denses } = planQuantized(architecture);
  return Object.fromEntries(
    [...convs, ...denses].map((stage) => [stage.name, stageGroups(stage)] as const),
  );
}

/** The weights of a filter or unit of one stage whose products the kernels add in 16 bits. */
export function stageGroups(stage: ConvStage | DenseStage): SumGroups {
  return sumGroups("kernel" in stage ? packedConvInputs(stage) : packedDenseInputs(stage));
}

/**
 * A row's scale is made so large that the magnitude of its bias is about this at most. What is left of 32 bits is
 * for the products.
 */
const LARGEST_BIAS = 2 ** 29;

/**
 * Post-training quantization of a network that takes normalised images.
 *
 * The normalisation of the images becomes part of the first layer's scales and biases, so that its input
 * is the pixels' own bytes. With weights w = s·q, pixels p and bias b:
 * Σ w·(p − mean)/std + b = (s/std)·(Σ q·p − mean·Σ q) + b. A row whose weights are tiny beside its bias gets a
 * larger scale than they need, so that the sum stays within 32 bits.
 *
 * @param calibration from `calibrate`. Without ranges, activations are taken to reach to their bound, 1.
 * Without moments, each weight is rounded to the nearest number; with them, rounding errors are
 * compensated. With `keepZeros` weights that are zero stay so meanwhile, as a pruned network wants it.
 * @throws RangeError if the range of a ReLU is missing, which has no bound, or each channel has a normalisation of
 * its own; naming a bias that is out of scale
 */
export function quantizeModel(
  architecture: Architecture,
  weights: Weights,
  normalisation: Normalisation,
  granularity: Granularity,
  { ranges = {}, moments = {}, keepZeros = false }: Partial<Calibration> & {
    readonly keepZeros?: boolean;
  } = {},
): QuantizedModel {
  checkWeights(architecture, weights);
  requireOneNormalisation("an int8 network", normalisation);
  const groups = layerGroups(architecture);
  const { convs, denses } = planQuantized(architecture);
  const stages = [...convs, ...denses];
  let inputScale = 1 / normalisation.std;
  const layers = stages.map(({ name, activation }, i): QuantizedLayer => {
    const array = weights[`${name}.weight`]!, inputs = moments[name];
    const real = weights[`${name}.bias`]!.data;
    const least = Array.from(real, (b) => Math.abs(b) / (LARGEST_BIAS * inputScale));
    const { biasShift, ...weight } = inputs
      ? quantizeCompensated(array, granularity, groups[name]!, inputs, keepZeros, least)
      : { biasShift: [], ...quantizeWeights(array, granularity, groups[name]!, least) };
    const perUnit = weight.values.length / real.length;
    const bias = Int32Array.from(real, (b, unit) => {
      const sum = weight.values.subarray(unit * perUnit, (unit + 1) * perUnit).reduce(
        (a, q) => a + q,
        0,
      );
      const shift = i === 0 ? normalisation.mean * sum : 0;
      return Math.round((b + (biasShift[unit] ?? 0)) / (weight.scales[unit]! * inputScale) - shift);
    });
    const multipliers = weight.scales.map((scale) => Math.fround(scale * inputScale));
    const broken = firstNonFinite(multipliers);
    if (broken >= 0) {
      throw new RangeError(
        `int8 cannot hold row ${broken} of ${name}, with bias ${
          real[broken]
        }, beside inputs in steps ` +
          `of ${inputScale}: look for weights, ranges or a normalisation that are out of scale`,
      );
    }
    check32BitSums({ name, weight, bias }, i === 0, (why) => new RangeError(why));
    const outputScale = activation ? reach(name, activation, ranges[name]) / INT8_MAX : 1;
    inputScale = outputScale;
    return { name, weight, bias, multipliers, outputScale };
  });
  return { architecture, granularity, layers };
}

/**
 * The sum of a bias and of all weights times inputs must stay within 32 bits.
 * @param bad makes the error that is thrown from what is wrong
 */
export function check32BitSums(
  { name, weight: { values }, bias }: Pick<QuantizedLayer, "name" | "weight" | "bias">,
  isFirst: boolean,
  bad: (why: string) => Error,
): void {
  const perRow = values.length / bias.length;
  // pixels are bytes; to later inputs, −127 to 127, the kernels add 128, which the bias takes off again
  const reach = isFirst ? 255 : INT8_MAX + 128 + 128;
  for (let row = 0; row < bias.length; row++) {
    const weights = values.subarray(row * perRow, (row + 1) * perRow);
    const sum = weights.reduce((total, q) => total + Math.abs(q), 0);
    if (Math.abs(bias[row]!) + reach * sum >= 2 ** 31) {
      throw bad(`sums of ${name} do not stay within 32 bits: ${name}.bias[${row}] is ${bias[row]}`);
    }
  }
}

/** The largest magnitude of a layer's activations. */
function reach(name: string, activation: Activation, found = bounds[activation]): number {
  if (!(found > 0 && Number.isFinite(found))) {
    throw new RangeError(
      `${activation} after ${name} needs a range above 0, got ${found}: quantize with calibrate()'s ranges`,
    );
  }
  return Math.min(found, bounds[activation]);
}

/** The formula of a layer's activation; the last layer has none, and no use for one. */
export function layerCurve(
  layer: QuantizedLayer,
  activation: Activation = "tanh",
): ActivationCurve {
  return layer.curve ?? activationCurve(activation, layer.outputScale);
}

/** Length of a model's output. */
export function modelClasses({ architecture }: QuantizedModel): number {
  return countClasses(architecture);
}
