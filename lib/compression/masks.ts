import type { Architecture } from "../model/architecture.ts";
import { type WeightArray, weightArray, type Weights } from "../model/weights.ts";
import { Rng } from "../util/rng.ts";
import { amountsByLayer, checkAmount, type PruningAmounts } from "./pruning_amounts.ts";

/** Which numbers of an array remain: 1, or 0 where one was pruned. Biases have no mask. */
export type Masks = Readonly<Record<string, Uint8Array>>;

/** Prunes a random share of each layer's weights, what PyTorch calls `random_unstructured`. */
export function randomMasks(
  architecture: Architecture,
  weights: Weights,
  shares: PruningAmounts,
  seed: number,
): Masks {
  const rng = new Rng(seed);
  return byLayer(architecture, weights, shares, (name, { length }) => {
    return rng.fork(name).permutation(length);
  });
}

/** Prunes the smallest magnitudes of each layer, what PyTorch calls `l1_unstructured`. */
export function magnitudeMasks(
  architecture: Architecture,
  weights: Weights,
  shares: PruningAmounts,
): Masks {
  return byLayer(architecture, weights, shares, (_, data) => byMagnitude(data));
}

/** Prunes the smallest magnitudes of all layers' weights together (`global_unstructured`). */
export function globalMagnitudeMasks(
  architecture: Architecture,
  weights: Weights,
  share: number,
): Masks {
  checkAmount(share);
  const names = Object.keys(amountsByLayer(architecture, {})).map((layer) => `${layer}.weight`);
  const arrays = names.map((name) => weightArray(weights, name).data);
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const data of arrays) {
    all.set(data, at);
    at += data.length;
  }
  const mask = maskOut(byMagnitude(all), Math.round(share * all.length));
  const masks: Record<string, Uint8Array> = {};
  at = 0;
  names.forEach((name, i) => masks[name] = mask.slice(at, at += arrays[i]!.length));
  return masks;
}

/** The weights with zeros where the masks have them; a copy. */
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

/** Share of zeros among the weights that can be pruned: all but the biases. */
export function sparsity(weights: Weights): number {
  let zeros = 0, all = 0;
  for (const [name, { data }] of Object.entries(weights)) {
    if (!name.endsWith(".weight")) continue;
    all += data.length;
    for (const x of data) if (x === 0) zeros++;
  }
  return zeros / all;
}

/** Share of each array's weights that its mask removes. */
export function prunedAmounts(masks: Masks): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(masks).map(([name, mask]) => [
      name,
      1 - mask.reduce((sum, keep) => sum + keep, 0) / mask.length,
    ]),
  );
}

/** Masks that prune, of each layer, the first numbers of an order. */
function byLayer(
  architecture: Architecture,
  weights: Weights,
  shares: PruningAmounts,
  order: (name: string, data: Float32Array) => Int32Array,
): Masks {
  const masks: Record<string, Uint8Array> = {};
  for (const [layer, share] of Object.entries(amountsByLayer(architecture, shares))) {
    const name = `${layer}.weight`;
    const { data } = weightArray(weights, name);
    masks[name] = maskOut(order(name, data), Math.round(share * data.length));
  }
  return masks;
}

/** Indices by magnitude, the smallest first; of equals the first first. */
function byMagnitude(data: Float32Array): Int32Array {
  const magnitudes = data.map(Math.abs);
  return Int32Array.from({ length: data.length }, (_, i) => i)
    .sort((a, b) => magnitudes[a]! - magnitudes[b]! || a - b);
}

function maskOut(order: Int32Array, count: number): Uint8Array {
  const mask = new Uint8Array(order.length).fill(1);
  for (const i of order.subarray(0, count)) mask[i] = 0;
  return mask;
}
