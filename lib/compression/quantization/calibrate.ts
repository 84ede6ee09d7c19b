import type { Batches } from "../../systems/system.ts";
import type { Architecture } from "../../systems/architecture.ts";
import { Network } from "../../systems/numpy/network.ts";
import type { Weights } from "../../systems/weights.ts";
import { type ActivationRanges, planQuantized } from "./model.ts";

/**
 * Runs some images through a network and notes how far its activations reach. tanh bounds them by 1
 * already; where they stay well below, a finer scale is left for them.
 * @throws RangeError if there is no image
 */
export async function calibrate(
  architecture: Architecture,
  weights: Weights,
  batches: Batches,
): Promise<ActivationRanges> {
  const { convs, denses } = planQuantized(architecture);
  const names = [...convs, ...denses].slice(0, -1).map(({ name }) => name);
  const network = new Network(architecture);
  network.setWeights(weights);
  const ranges: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
  let images = 0;
  for await (const batch of batches) {
    images += batch.size;
    network.forward(batch.images, batch.size);
    network.activations().forEach((values, i) => {
      const name = names[i];
      if (name === undefined) return;
      for (const x of values) ranges[name] = Math.max(ranges[name]!, Math.abs(x));
    });
  }
  if (images === 0) throw new RangeError("calibration needs images, and there are none");
  for (const name of names) ranges[name] = Math.min(1, ranges[name]! || 1);
  return ranges;
}
