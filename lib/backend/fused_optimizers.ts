/**
 * tfjs's Adam and SGD with momentum in one step of the kernels for all variables, where tfjs calls fifteen (three)
 * small kernels for each. On other backends they are tfjs's own.
 */
import * as tf from "@tensorflow/tfjs-core";
import { kernelsBackendName } from "./backend_names.ts";
import type { KernelsBackend } from "./kernels_backend.ts";

type Gradients = Parameters<tf.AdamOptimizer["applyGradients"]>[0];

/** A variable, its gradient and its place in the optimizer's state. */
interface Update {
  readonly variable: tf.Variable;
  readonly gradient: tf.Tensor;
  readonly index: number;
}

/** The updates of a step; variables without a gradient are left out. */
function updatesOf(gradients: Gradients): Update[] {
  const pairs = Array.isArray(gradients)
    ? gradients.map(({ name, tensor }) => [name, tensor] as const)
    : Object.entries(gradients);
  const { registeredVariables } = tf.engine();
  return pairs.flatMap(([name, gradient], index) =>
    gradient == null ? [] : [{ variable: registeredVariables[name]!, gradient, index }]
  );
}

/** The current backend if it is ours. */
function kernelsBackend(): KernelsBackend | undefined {
  return tf.getBackend() === kernelsBackendName
    ? tf.backend() as unknown as KernelsBackend
    : undefined;
}

/** Whether the kernels can update these: floats in all places. */
function areFused(updates: readonly Update[]): boolean {
  return updates.every(({ variable, gradient }) =>
    variable.dtype === "float32" && gradient.dtype === "float32"
  );
}

/** Where a variable's numbers can be changed; those that others look at too are copied first. */
function ownAddress(backend: KernelsBackend, variable: tf.Variable): number {
  const numbers = backend.numbers(variable);
  if (numbers.refCount > 1 || (numbers.block?.holders ?? 1) > 1) {
    tf.tidy(() => variable.assign(tf.tensor(numbers.values, variable.shape, "float32")));
  }
  return backend.addressOf(variable);
}

/** A variable of the optimizer's state, made of zeros when it is first needed. */
interface StateVariable {
  readonly originalName: string;
  readonly variable: tf.Variable;
}

function stateOf(
  states: StateVariable[],
  { variable, index }: Update,
  suffix: string,
): tf.Variable {
  states[index] ??= {
    originalName: `${variable.name}/${suffix}`,
    variable: tf.tidy(() => tf.zerosLike(variable).variable(false)),
  };
  return states[index].variable;
}

/** Adam as tfjs and PyTorch define it, with decoupled weight decay and a learning rate that can change. */
export class FusedAdam extends tf.AdamOptimizer {
  /** @param weightDecay as in AdamW: before each step w −= learning rate · weightDecay · w */
  constructor(
    learningRate: number,
    epsilon: number,
    readonly weightDecay = 0,
    beta1 = 0.9,
    beta2 = 0.999,
  ) {
    super(learningRate, beta1, beta2, epsilon);
  }

  /** For the steps from now on. */
  setLearningRate(value: number): void {
    this.learningRate = value;
  }

  override applyGradients(gradients: Gradients): void {
    const updates = updatesOf(gradients), backend = kernelsBackend();
    const keep = 1 - this.learningRate * this.weightDecay;
    if (backend === undefined || !areFused(updates)) {
      for (const { variable } of this.weightDecay > 0 ? updates : []) {
        tf.tidy(() => variable.assign(tf.mul(variable, keep)));
      }
      super.applyGradients(gradients);
      return;
    }
    const state = this as unknown as Record<
      "accumulatedFirstMoment" | "accumulatedSecondMoment",
      StateVariable[]
    >;
    // gradients that wait are computed with the weights as they are
    const addresses = updates.map(({ gradient }) => backend.addressOf(gradient));
    const step = this.iterations + 1;
    backend.kernels.adam({
      parameters: updates.map((update, i) => ({
        weights: ownAddress(backend, update.variable),
        mean: ownAddress(backend, stateOf(state.accumulatedFirstMoment, update, "m")),
        square: ownAddress(backend, stateOf(state.accumulatedSecondMoment, update, "v")),
        gradient: addresses[i]!,
        count: update.variable.size,
      })),
      beta1: this.beta1,
      beta2: this.beta2,
      rate: this.learningRate / (1 - this.beta1 ** step),
      correction: 1 / Math.sqrt(1 - this.beta2 ** step),
      epsilon: this.epsilon,
      keep,
    });
    this.incrementIterations();
  }
}

/** SGD with momentum as tfjs and PyTorch define it. */
export class FusedMomentum extends tf.MomentumOptimizer {
  override applyGradients(gradients: Gradients): void {
    const updates = updatesOf(gradients), backend = kernelsBackend();
    if (backend === undefined || !areFused(updates)) {
      super.applyGradients(gradients);
      return;
    }
    const state = this as unknown as {
      readonly accumulations: StateVariable[];
      readonly momentum: number;
      readonly useNesterov: boolean;
    };
    const addresses = updates.map(({ gradient }) => backend.addressOf(gradient));
    backend.kernels.sgd({
      parameters: updates.map((update, i) => ({
        weights: ownAddress(backend, update.variable),
        velocity: ownAddress(backend, stateOf(state.accumulations, update, "momentum")),
        gradient: addresses[i]!,
        count: update.variable.size,
      })),
      rate: this.learningRate,
      momentum: state.momentum,
      nesterov: state.useNesterov,
    });
    this.incrementIterations();
  }
}
