import type { Batches, FitOptions, History, System } from "../../systems/system.ts";
import type { WeightArray, Weights } from "../../model/weights.ts";
import { layerGroups } from "./quantized_model.ts";
import { dequantize, type Granularity, quantizeWeights } from "./quantize.ts";
import type { SumGroups } from "./packed_int8.ts";

/**
 * The weights rounded to numbers that int8 can hold, as float32. Biases are left alone, because a
 * quantized model keeps them in 32 bits.
 * @param groups by layer, from `layerGroups`: with them the weights also fit the kernels' sums of 16 bits
 */
export function fakeQuantize(
  weights: Weights,
  granularity: Granularity,
  groups: Readonly<Record<string, SumGroups>> = {},
): Weights {
  return Object.fromEntries(
    Object.entries(weights).map(([name, array]): [string, WeightArray] => {
      if (!name.endsWith(".weight")) return [name, array];
      const own = groups[name.slice(0, -".weight".length)];
      return [name, {
        shape: array.shape,
        data: dequantize(quantizeWeights(array, granularity, own)),
      }];
    }),
  );
}

/**
 * Quantization-aware fine-tuning on any system. Each step computes with rounded weights. What the
 * optimizer then changes is added to the float weights that they were rounded from, so that small changes
 * add up. This is the straight-through estimator: the gradient passes as if nothing was rounded (Bengio et
 * al. 2013).
 *
 * @throws RangeError if there are callbacks, averaging or a state to go on from
 * @returns the float weights, which are to be quantized; the system keeps them rounded
 */
export async function trainQuantized(
  system: System,
  granularity: Granularity,
  train: Batches,
  options: FitOptions,
): Promise<{ readonly weights: Weights; readonly history: History }> {
  for (const key of ["callbacks", "averaging", "resume"] as const) {
    if (options[key] === undefined) continue;
    throw new RangeError(
      `quantization-aware training takes no ${key}, which would see the rounded weights instead of those ` +
        "that are returned: leave it out, and look on with onBatch or onEpoch",
    );
  }
  const groups = layerGroups(system.architecture);
  let float = await system.weights();
  let quantized = fakeQuantize(float, granularity, groups);
  await system.setWeights(quantized);
  const onBatch: FitOptions["onBatch"] = async (record) => {
    const moved = await system.weights();
    float = Object.fromEntries(
      Object.entries(float).map(([name, { shape, data }]) => [name, {
        shape,
        data: data.map((x, i) => x + (moved[name]!.data[i]! - quantized[name]!.data[i]!)),
      }]),
    );
    quantized = fakeQuantize(float, granularity, groups);
    await system.setWeights(quantized);
    await options.onBatch?.(record);
  };
  const history = await system.fit(train, { ...options, onBatch });
  return { weights: float, history };
}
