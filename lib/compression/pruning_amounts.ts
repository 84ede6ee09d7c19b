import type { Architecture } from "../model/architecture.ts";
import { requireKeys } from "../model/check_architecture.ts";

/**
 * How much of each layer is pruned: a part from 0 up to but not including 1, of its weights, or of its
 * filters and units. Amounts are given by kind of layer, and `layers` holds exceptions by name. A layer
 * without an amount is not pruned.
 */
export interface PruningAmounts {
  /** Amount of each convolution, in [0, 1). */
  readonly conv?: number;
  /** Amount of each dense layer, in [0, 1). */
  readonly dense?: number;
  /** Amounts of single layers by their names. They replace the amount of the layer's kind. */
  readonly layers?: Readonly<Record<string, number>>;
}

/** The amounts in the paper's text: 20 % of each convolution, 40 % of each dense layer. */
export const paperAmounts: PruningAmounts = { conv: 0.2, dense: 0.4 };
/** The amounts in the paper's code: 20 % of each convolution, 60 % of each dense layer. */
export const paperCodeAmounts: PruningAmounts = { conv: 0.2, dense: 0.6 };
/**
 * Amounts that suit the int8 kernels, which compute two filters and read four channels at a time: they
 * leave 4 of LeNet-5's 6 filters and 12 of its 16.
 */
export const kernelAmounts: PruningAmounts = { conv: 0.25, dense: 0.4 };

const amountKeys = { conv: true, dense: true, layers: true } as const satisfies Record<
  keyof PruningAmounts,
  true
>;

/**
 * The amount of each layer that has weights, by name, in the network's order.
 * @throws RangeError naming an amount outside [0, 1), or a kind or layer that the network does not have
 */
export function amountsByLayer(
  architecture: Architecture,
  amounts: PruningAmounts,
): Readonly<Record<string, number>> {
  requireKeys("pruning", "it", amounts, amountKeys);
  const byLayer: Record<string, number> = {};
  for (const layer of architecture.layers) {
    if (layer.kind !== "conv" && layer.kind !== "dense") continue;
    byLayer[layer.name] = amounts.layers?.[layer.name] ?? amounts[layer.kind] ?? 0;
  }
  for (const name of Object.keys(amounts.layers ?? {})) {
    if (!(name in byLayer)) {
      throw new RangeError(
        `${architecture.name} has no layer ${name}; there are ${Object.keys(byLayer).join(", ")}`,
      );
    }
  }
  for (const [name, amount] of Object.entries(byLayer)) {
    checkAmount(amount, `the amount of ${name}`);
  }
  return byLayer;
}

/** @throws RangeError naming an amount outside [0, 1) */
export function checkAmount(amount: number, what = "the amount"): void {
  if (!(amount >= 0 && amount < 1)) {
    throw new RangeError(`${what} must be in [0, 1), got ${amount}`);
  }
}
