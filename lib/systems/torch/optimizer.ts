import * as tf from "../tf.ts";
import type { OptimizerOptions } from "../system.ts";
import type { Parameter } from "./module.ts";

/** After PyTorch's `torch.optim`: moves parameters along the gradients that `backward` left. */
export class Optimizer {
  readonly #rule: tf.Optimizer;

  constructor(readonly parameters: readonly Parameter[], options: OptimizerOptions) {
    this.#rule = options.kind === "adam"
      ? tf.train.adam(options.learningRate, 0.9, 0.999, 1e-8) // PyTorch's ε; tfjs has 1e-7
      : tf.train.momentum(options.learningRate, options.momentum);
  }

  zeroGrad(): void {
    for (const parameter of this.parameters) parameter.zeroGrad();
  }

  step(): void {
    const grads: Record<string, tf.Tensor> = {};
    for (const { data, grad } of this.parameters) {
      if (grad === undefined) throw new Error("step() needs gradients; call backward() before it");
      grads[data.name] = grad;
    }
    this.#rule.applyGradients(grads);
  }

  dispose(): void {
    this.#rule.dispose();
  }
}
