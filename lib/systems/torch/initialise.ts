import * as tf from "../../backend/tf.ts";
import { initialBounds, type Initialisation } from "../../model/initial_weights.ts";
import { Rng } from "../../util/rng.ts";
import type { Module, Parameter } from "./module.ts";
import { Conv2d, Linear } from "./torch_layers.ts";

/**
 * Draws the weights and biases of all `Linear` and `Conv2d` of a model, which are zeros before; PyTorch does it when a
 * layer is made. Other parameters stay as they are. What an array gets depends on its name and the seed, as in
 * `initialWeights`.
 * @param scheme see `Initialisation`; default: PyTorch's own
 * @throws RangeError if there is no scheme of that name
 */
export function initialise(model: Module, seed: number, scheme: Initialisation = "pytorch"): void {
  const root = new Rng(seed);
  const draw = (name: string, { data, shape }: Parameter, bound: number) => {
    const rng = root.fork(name);
    const numbers = Float32Array.from({ length: data.size }, () => rng.uniform(-bound, bound));
    tf.tidy(() => data.assign(tf.tensor(numbers, [...shape])));
  };
  for (const [name, module] of model.namedModules()) {
    if (!(module instanceof Linear || module instanceof Conv2d)) continue;
    const [units = 1, ...inputs] = module.weight.shape;
    const fanIn = inputs.reduce((product, size) => product * size, 1);
    const area = module instanceof Conv2d ? module.kernel ** 2 : 1;
    const bounds = initialBounds(scheme, fanIn, units * area), start = name && `${name}.`;
    draw(`${start}weight`, module.weight, bounds.weight);
    draw(`${start}bias`, module.bias, bounds.bias);
  }
}
