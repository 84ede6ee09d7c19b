import type { Architecture } from "../model/architecture.ts";
import { type WeightArray, weightArray, type Weights } from "../model/weights.ts";
import { Rng } from "../util/rng.ts";
import { amountsByLayer, checkAmount, type PruningAmounts } from "./pruning_amounts.ts";

/** For each array that is pruned, a 1 for each weight that stays and a 0 for each that was pruned. */
export type Masks = Readonly<Record<string, Uint8Array>>;

/** Prunes random weights of each layer, as PyTorch's `random_unstructured` does. */
export function randomMasks(
  architecture: Architecture,
  weights: Weights,
  amounts: PruningAmounts,
  seed: number,
): Masks {
  const rng = new Rng(seed);
  return byLayer(architecture, weights, amounts, (name, { length }) => {
    return rng.fork(name).permutation(length);
  });
}

/** Prunes the weights of the smallest magnitude in each layer, as PyTorch's `l1_unstructured` does. */
export function magnitudeMasks(
  architecture: Architecture,
  weights: Weights,
  amounts: PruningAmounts,
): Masks {
  return byLayer(architecture, weights, amounts, (_, data) => byMagnitude(data));
}

/**
 * Prunes the weights of the smallest magnitude among all layers together, as PyTorch's
 * `global_unstructured` does.
 * @param amount the part of all weights that is pruned, in [0, 1)
 */
export function globalMagnitudeMasks(
  architecture: Architecture,
  weights: Weights,
  amount: number,
): Masks {
  checkAmount(amount);
  const names = Object.keys(amountsByLayer(architecture, {})).map((layer) => `${layer}.weight`);
  const arrays = names.map((name) => weightArray(weights, name).data);
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const data of arrays) {
    all.set(data, at);
    at += data.length;
  }
  const mask = maskOut(byMagnitude(all), Math.round(amount * all.length));
  const masks: Record<string, Uint8Array> = {};
  at = 0;
  names.forEach((name, i) => masks[name] = mask.slice(at, at += arrays[i]!.length));
  return masks;
}

/**
 * A copy of the weights that is zero wherever a mask is zero.
 * @throws RangeError naming a mask of another length than its weights
 */
export function applyMasks(weights: Weights, masks: Masks): Weights {
  const masked: Record<string, WeightArray> = {};
  for (const [name, { shape, data }] of Object.entries(weights)) {
    const mask = masks[name];
    masked[name] = { shape, data: mask ? data.map((x, i) => mask[i] ? x : 0) : data.slice() };
  }
  for (const name of Object.keys(masks)) {
    const { length } = weightArray(weights, name).data;
    if (masks[name]!.length !== length) {
      throw new RangeError(`mask of ${name} has ${masks[name]!.length} numbers, not ${length}`);
    }
  }
  return masked;
}

/** The part of all weights that is zero, biases not counted. */
export function sparsity(weights: Weights): number {
  let zeros = 0, all = 0;
  for (const [name, { data }] of Object.entries(weights)) {
    if (!name.endsWith(".weight")) continue;
    all += data.length;
    for (const x of data) if (x === 0) zeros++;
  }
  return zeros / all;
}

/** The part of each array's weights that its mask prunes. */
export function prunedAmounts(masks: Masks): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(masks).map(([name, mask]) => [
      name,
      1 - mask.reduce((sum, keep) => sum + keep, 0) / mask.length,
    ]),
  );
}

/**
 * Masks that prune some weights of each layer.
 * @param order gives the indices of a layer's weights, the first to be pruned first
 */
function byLayer(
  architecture: Architecture,
  weights: Weights,
  amounts: PruningAmounts,
  order: (name: string, data: Float32Array) => Int32Array,
): Masks {
  const masks: Record<string, Uint8Array> = {};
  for (const [layer, amount] of Object.entries(amountsByLayer(architecture, amounts))) {
    const name = `${layer}.weight`;
    const { data } = weightArray(weights, name);
    masks[name] = maskOut(order(name, data), Math.round(amount * data.length));
  }
  return masks;
}

/** Indices of the weights, the smallest magnitude first; of equal ones the lower index comes first. */
function byMagnitude(data: Float32Array): Int32Array {
  const magnitudes = data.map(Math.abs);
  return Int32Array.from({ length: data.length }, (_, i) => i)
    .sort((a, b) => magnitudes[a]! - magnitudes[b]! || a - b);
}

/** A mask that prunes the first `count` indices of `order`. */
function maskOut(order: Int32Array, count: number): Uint8Array {
  const mask = new Uint8Array(order.length).fill(1);
  for (const i of order.subarray(0, count)) mask[i] = 0;
  return mask;
}
