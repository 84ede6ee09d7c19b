import type { Batches, FitOptions, History, System } from "../../systems/system.ts";
import type { WeightArray, Weights } from "../../model/weights.ts";
import { layerGroups } from "./quantized_model.ts";
import { dequantize, type Granularity, quantizeWeights } from "./quantize.ts";
import type { SumGroups } from "./packed_int8.ts";

/**
 * The weights as int8 can hold them, in float32. Biases stay as they are: they are 32 bits anyway.
 * @param groups by layer, from `layerGroups`, for weights as the kernels' sums can take them
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
 * Quantization-aware fine-tuning: each step computes with quantized weights, and what the optimizer
 * moves is added to the float weights behind them, so that small moves add up (the straight-through
 * estimator: rounding counts as the identity, Bengio et al. 2013). Works on every system.
 *
 * @returns the float weights, to be quantized; the system is left with them quantized in float32
 */
export async function trainQuantized(
  system: System,
  granularity: Granularity,
  train: Batches,
  options: FitOptions,
): Promise<{ readonly weights: Weights; readonly history: History }> {
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
