import type { Architecture } from "../model/architecture.ts";

/**
 * What share of a layer's weights, or of its filters and units, to prune: by kind of layer, with
 * exceptions by name. Layers that nothing is said of are left alone.
 */
export interface PruningAmounts {
  readonly conv?: number;
  readonly dense?: number;
  readonly layers?: Readonly<Record<string, number>>;
}

/** The report's text: convolutions 20 %, dense layers 40 %. */
export const paperAmounts: PruningAmounts = { conv: 0.2, dense: 0.4 };
/** The report's code: convolutions 20 %, dense layers 60 %. */
export const paperCodeAmounts: PruningAmounts = { conv: 0.2, dense: 0.6 };
/**
 * What suits the int8 kernels, which take filters two and channels four at a time: of LeNet-5's 6 and
 * 16 filters 4 and 12 remain.
 */
export const kernelAmounts: PruningAmounts = { conv: 0.25, dense: 0.4 };

/**
 * The share of each layer that has weights, in their order.
 * @throws RangeError naming a share outside [0, 1) or a layer that the network does not have
 */
export function amountsByLayer(
  architecture: Architecture,
  shares: PruningAmounts,
): Readonly<Record<string, number>> {
  const byLayer: Record<string, number> = {};
  for (const layer of architecture.layers) {
    if (layer.kind !== "conv" && layer.kind !== "dense") continue;
    byLayer[layer.name] = shares.layers?.[layer.name] ?? shares[layer.kind] ?? 0;
  }
  for (const name of Object.keys(shares.layers ?? {})) {
    if (!(name in byLayer)) {
      throw new RangeError(
        `${architecture.name} has no layer ${name}; there are ${Object.keys(byLayer).join(", ")}`,
      );
    }
  }
  for (const [name, share] of Object.entries(byLayer)) checkAmount(share, `share of ${name}`);
  return byLayer;
}

/** @throws RangeError naming a share outside [0, 1) */
export function checkAmount(share: number, what = "share"): void {
  if (!(share >= 0 && share < 1)) throw new RangeError(`${what} must be in [0, 1), got ${share}`);
}
