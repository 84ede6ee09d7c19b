import type { OptimizerOptions, OptimizerState } from "../../model/training_step.ts";
import type { WeightArray, Weights } from "../../model/weights.ts";
import { FusedAdam, FusedMomentum } from "../../backend/fused_optimizers.ts";
import type * as tf from "../../backend/tf.ts";
import { checkOptimizer } from "../check_fit.ts";
import type { Parameter } from "./module.ts";

/** After PyTorch's `torch.optim`: moves parameters along the gradients that `backward` left. */
export class Optimizer {
  readonly #rule: FusedAdam | FusedMomentum;

  /**
   * An optimizer of these parameters, before its first step.
   * @param names by which its state has them; default: their numbers, as in PyTorch
   * @throws RangeError naming the optimizer or the option that is unknown or cannot be trained with
   */
  constructor(
    readonly parameters: readonly Parameter[],
    options: OptimizerOptions,
    readonly names: readonly string[] = parameters.map((_, index) => String(index)),
  ) {
    checkOptimizer(options);
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

  /**
   * Moves the parameters along their gradients. Those without one stay, as in PyTorch.
   * @throws Error if none has a gradient
   */
  step(): void {
    const gradients = this.parameters.map(({ data: { name }, grad }) => [name, grad] as const);
    if (gradients.every(([, gradient]) => gradient === undefined)) {
      throw new Error("step() needs gradients; call backward() before it");
    }
    // those left out keep their places, by which the optimizer remembers
    (this.#rule as tf.Optimizer).applyGradients(Object.fromEntries(gradients) as tf.NamedTensorMap);
  }

  /** A copy of what it remembers, as PyTorch's `state_dict`. */
  async stateDict(): Promise<OptimizerState> {
    const rule = this.#rule, variables = this.parameters.map(({ data }) => data);
    // tfjs takes any optimizer for an instance of any other
    if ("moments" in rule) {
      const { steps, mean, square } = await rule.moments(variables);
      return { kind: "adam", steps, mean: this.#named(mean), square: this.#named(square) };
    }
    const { steps, velocity } = await rule.velocities(variables);
    return { kind: "sgd", steps, velocity: this.#named(velocity) };
  }

  /** Goes on from a state. @throws RangeError if it is that of another kind of optimizer */
  loadStateDict(state: OptimizerState): void {
    const rule = this.#rule, variables = this.parameters.map(({ data }) => data);
    const arrays = (from: Weights) => this.names.map((name) => from[name]!.data);
    if (state.kind === "adam" && "moments" in rule) {
      const { steps, mean, square } = state;
      rule.restore(variables, { steps, mean: arrays(mean), square: arrays(square) });
    } else if (state.kind === "sgd" && "velocities" in rule) {
      rule.restore(variables, { steps: state.steps, velocity: arrays(state.velocity) });
    } else {
      throw new RangeError(`the state is that of ${state.kind}, the optimizer is another`);
    }
  }

  #named(arrays: readonly Float32Array[]): Weights {
    return Object.fromEntries(this.names.map((name, i): [string, WeightArray] => [
      name,
      { shape: this.parameters[i]!.shape, data: arrays[i]! },
    ]));
  }

  dispose(): void {
    this.#rule.dispose();
  }
}
