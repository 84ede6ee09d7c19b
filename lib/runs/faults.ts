import type { SystemName } from "../systems/system.ts";

/**
 * The mistakes and habits of the paper's code that change how a system trains, and the one system that
 * each of them was made in. What is a setting (raw pixels, images sorted by class, a start that
 * saturates the units) is a value of a run's configuration instead.
 *
 * - `swapped loss arguments`: `CrossEntropyLoss` got the one-hot labels as logits and the logits as
 *   the target.
 * - `frozen filters`: the gradients of the convolutions were computed and thrown away.
 * - `dense layers move twice`: each dense layer moved by itself during the backward pass, and was
 *   moved by the optimizer as well.
 * - `wrong input gradient`: the gradient that a convolution hands to the layer before it was computed
 *   with filters and channels in reverse order in place of turned kernels, and one pixel off.
 * - `summed gradient`: gradients are sums over a batch, not means.
 * - `weights shrink each step`: each step also takes 0.0003 of every weight away, whatever the
 *   learning rate.
 */
export const faultSystems = {
  "swapped loss arguments": "torch",
  "frozen filters": "numpy",
  "dense layers move twice": "numpy",
  "wrong input gradient": "numpy",
  "summed gradient": "numpy",
  "weights shrink each step": "numpy",
} as const satisfies Readonly<Record<string, SystemName>>;

/** The name of a mistake. */
export type Fault = keyof typeof faultSystems;

/**
 * Asserts that the faults are known and exist in the system.
 * @throws RangeError naming the fault that is unknown or belongs to another system
 */
export function checkFaults(system: SystemName, faults: readonly string[]): void {
  for (const fault of faults) {
    if (!Object.hasOwn(faultSystems, fault)) {
      const known = Object.keys(faultSystems).join(", ");
      throw new RangeError(`there is no fault named "${fault}"; the known faults are: ${known}`);
    }
    const owner = faultSystems[fault as Fault];
    if (owner !== system) {
      throw new RangeError(
        `the fault "${fault}" exists only in the ${owner} system, but this run computes with ${system}`,
      );
    }
  }
}
