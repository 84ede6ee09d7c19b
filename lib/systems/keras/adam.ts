import { FusedAdam } from "../../backend/fused_optimizers.ts";
import { checkOptimizer } from "../check_fit.ts";

/**
 * Adam as Keras has it: w ← w − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m/(√v + ε), ε 1e-7. tfjs and PyTorch divide
 * by √(v/(1 − β₂ᵗ)) + ε instead, so Keras's ε is theirs divided by √(1 − β₂ᵗ): thirty times as large
 * at the first step.
 */
export class KerasAdam extends FusedAdam {
  /**
   * @param learningRate default: Keras's
   * @param weightDecay as in Keras's AdamW: before each step w −= learning rate · weightDecay · w
   * @throws RangeError if one of them cannot be trained with
   */
  constructor(learningRate = 0.001, weightDecay = 0, readonly kerasEpsilon = 1e-7) {
    checkOptimizer({ kind: "adam", learningRate, weightDecay });
    super(learningRate, kerasEpsilon, weightDecay);
  }

  override applyGradients(gradients: Parameters<FusedAdam["applyGradients"]>[0]): void {
    this.epsilon = this.kerasEpsilon / Math.sqrt(1 - this.beta2 ** (this.iterations + 1));
    super.applyGradients(gradients);
  }
}
