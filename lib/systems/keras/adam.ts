import * as tf from "../tf.ts";

/**
 * Adam as Keras has it: w ← w − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m/(√v + ε), ε 1e-7. tfjs and PyTorch divide
 * by √(v/(1 − β₂ᵗ)) + ε instead, so Keras's ε is theirs divided by √(1 − β₂ᵗ): thirty times as large
 * at the first step.
 */
export class KerasAdam extends tf.AdamOptimizer {
  #steps = 0;

  constructor(learningRate: number, readonly kerasEpsilon = 1e-7) {
    super(learningRate, 0.9, 0.999, kerasEpsilon);
  }

  override applyGradients(gradients: Parameters<tf.AdamOptimizer["applyGradients"]>[0]): void {
    this.#steps++;
    this.epsilon = this.kerasEpsilon / Math.sqrt(1 - this.beta2 ** this.#steps);
    super.applyGradients(gradients);
  }
}
