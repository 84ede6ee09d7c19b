import * as tf from "../../backend/tf.ts";

/**
 * Adam as Keras has it: w ← w − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m/(√v + ε), ε 1e-7. tfjs and PyTorch divide
 * by √(v/(1 − β₂ᵗ)) + ε instead, so Keras's ε is theirs divided by √(1 − β₂ᵗ): thirty times as large
 * at the first step.
 */
export class KerasAdam extends tf.AdamOptimizer {
  #steps = 0;

  /** @param weightDecay as in Keras's AdamW: before each step w −= learning rate · weightDecay · w */
  constructor(learningRate: number, readonly weightDecay = 0, readonly kerasEpsilon = 1e-7) {
    super(learningRate, 0.9, 0.999, kerasEpsilon);
  }

  override applyGradients(gradients: Parameters<tf.AdamOptimizer["applyGradients"]>[0]): void {
    this.#steps++;
    this.epsilon = this.kerasEpsilon / Math.sqrt(1 - this.beta2 ** this.#steps);
    if (this.weightDecay > 0) this.#decay(gradients);
    super.applyGradients(gradients);
  }

  /** For the steps from now on. */
  setLearningRate(value: number): void {
    this.learningRate = value;
  }

  #decay(gradients: Parameters<tf.AdamOptimizer["applyGradients"]>[0]): void {
    const names = Array.isArray(gradients)
      ? gradients.map(({ name }) => name)
      : Object.keys(gradients);
    const { registeredVariables } = tf.engine();
    for (const name of names) {
      const variable = registeredVariables[name]!;
      tf.tidy(() => variable.assign(tf.mul(variable, 1 - this.learningRate * this.weightDecay)));
    }
  }
}
