import type { OptimizerOptions } from "../../model/training_step.ts";
import * as tf from "../../backend/tf.ts";
import type { Parameter } from "./module.ts";

/** tfjs's Adam with a learning rate that can change. */
class Adam extends tf.AdamOptimizer {
  setLearningRate(value: number): void {
    this.learningRate = value;
  }
}

/** After PyTorch's `torch.optim`: moves parameters along the gradients that `backward` left. */
export class Optimizer {
  readonly #rule: Adam | tf.MomentumOptimizer;
  readonly #decay: number;
  #learningRate: number;

  constructor(readonly parameters: readonly Parameter[], options: OptimizerOptions) {
    this.#learningRate = options.learningRate;
    this.#decay = options.kind === "adam" ? options.weightDecay ?? 0 : 0;
    this.#rule = options.kind === "adam"
      ? new Adam(options.learningRate, 0.9, 0.999, 1e-8) // PyTorch's ε; tfjs has 1e-7
      : tf.train.momentum(options.learningRate, options.momentum);
  }

  /** For the steps from now on, as PyTorch's schedulers set it. */
  set learningRate(value: number) {
    this.#learningRate = value;
    this.#rule.setLearningRate(value);
  }

  zeroGrad(): void {
    for (const parameter of this.parameters) parameter.zeroGrad();
  }

  step(): void {
    const grads: tf.NamedTensorMap = {};
    for (const { data, grad } of this.parameters) {
      if (grad === undefined) throw new Error("step() needs gradients; call backward() before it");
      if (this.#decay > 0) {
        const keep = 1 - this.#learningRate * this.#decay;
        tf.tidy(() => data.assign(tf.mul(data, keep)));
      }
      grads[data.name] = grad;
    }
    (this.#rule as tf.Optimizer).applyGradients(grads);
  }

  dispose(): void {
    this.#rule.dispose();
  }
}
