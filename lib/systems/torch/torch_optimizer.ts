import type { OptimizerOptions } from "../../model/training_step.ts";
import { FusedAdam, FusedMomentum } from "../../backend/fused_optimizers.ts";
import type * as tf from "../../backend/tf.ts";
import type { Parameter } from "./module.ts";

/** After PyTorch's `torch.optim`: moves parameters along the gradients that `backward` left. */
export class Optimizer {
  readonly #rule: FusedAdam | FusedMomentum;

  constructor(readonly parameters: readonly Parameter[], options: OptimizerOptions) {
    const { learningRate } = options;
    this.#rule = options.kind === "adam"
      ? new FusedAdam(learningRate, 1e-8, options.weightDecay) // PyTorch's ε; tfjs has 1e-7
      : new FusedMomentum(learningRate, options.momentum);
  }

  /** For the steps from now on, as PyTorch's schedulers set it. */
  set learningRate(value: number) {
    this.#rule.setLearningRate(value);
  }

  zeroGrad(): void {
    for (const parameter of this.parameters) parameter.zeroGrad();
  }

  step(): void {
    const grads: tf.NamedTensorMap = {};
    for (const { data, grad } of this.parameters) {
      if (grad === undefined) throw new Error("step() needs gradients; call backward() before it");
      grads[data.name] = grad;
    }
    (this.#rule as tf.Optimizer).applyGradients(grads);
  }

  dispose(): void {
    this.#rule.dispose();
  }
}
