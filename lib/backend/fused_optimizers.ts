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
  let numbers = backend.numbers(variable);
  if (numbers.refCount > 1 || (numbers.block?.holders ?? 1) > 1) {
    tf.tidy(() => variable.assign(tf.tensor(numbers.values, variable.shape, "float32")));
    numbers = backend.numbers(variable);
  }
  const block = numbers.compute();
  backend.forgetCopies(block);
  return block.at;
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

/** A copy of the numbers kept for each variable; zeros where nothing is kept yet. */
async function copyStates(
  states: readonly StateVariable[],
  variables: readonly tf.Tensor[],
): Promise<Float32Array[]> {
  return await Promise.all(variables.map(async ({ size }, index) => {
    const kept = states[index]?.variable;
    return kept ? Float32Array.from(await kept.data<"float32">()) : new Float32Array(size);
  }));
}

function restoreStates(
  states: StateVariable[],
  variables: readonly tf.Tensor[],
  arrays: readonly Float32Array[],
  suffix: string,
): void {
  variables.forEach((variable, index) => {
    const update = { variable: variable as tf.Variable, gradient: variable, index };
    tf.tidy(() => {
      stateOf(states, update, suffix).assign(tf.tensor(arrays[index]!, variable.shape, "float32"));
    });
  });
}

/** What Adam remembers: an array for each variable, in the order of the gradients. */
export interface AdamMoments {
  readonly steps: number;
  readonly mean: readonly Float32Array[];
  readonly square: readonly Float32Array[];
}

/** What SGD with momentum remembers: an array for each variable, in the order of the gradients. */
export interface Velocities {
  readonly steps: number;
  readonly velocity: readonly Float32Array[];
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
    const state = this.#states;
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

  get #states() {
    return this as unknown as Record<
      "accumulatedFirstMoment" | "accumulatedSecondMoment",
      StateVariable[]
    >;
  }

  /** A copy of what it remembers of these variables, which come in the order of the gradients. */
  async moments(variables: readonly tf.Tensor[]): Promise<AdamMoments> {
    const { accumulatedFirstMoment, accumulatedSecondMoment } = this.#states;
    return {
      steps: this.iterations,
      mean: await copyStates(accumulatedFirstMoment, variables),
      square: await copyStates(accumulatedSecondMoment, variables),
    };
  }

  /** Goes on with what `moments` gave. */
  restore(variables: readonly tf.Tensor[], { steps, mean, square }: AdamMoments): void {
    const { accumulatedFirstMoment, accumulatedSecondMoment } = this.#states;
    restoreStates(accumulatedFirstMoment, variables, mean, "m");
    restoreStates(accumulatedSecondMoment, variables, square, "v");
    this.iterations_ = steps;
    // tfjs multiplies the powers of β step by step in float32, and so must who wants the same bits
    const powers = this as unknown as Record<"accBeta1" | "accBeta2", tf.Variable>;
    for (const [power, beta] of [["accBeta1", this.beta1], ["accBeta2", this.beta2]] as const) {
      let value = Math.fround(beta);
      for (let step = 0; step < steps; step++) value = Math.fround(value * Math.fround(beta));
      tf.tidy(() => powers[power].assign(tf.scalar(value)));
    }
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
    const state = this.#states;
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
  get #states() {
    return this as unknown as {
      readonly accumulations: StateVariable[];
      readonly momentum: number;
      readonly useNesterov: boolean;
    };
  }

  /** A copy of what it remembers of these variables, which come in the order of the gradients. */
  async velocities(variables: readonly tf.Tensor[]): Promise<Velocities> {
    const velocity = await copyStates(this.#states.accumulations, variables);
    return { steps: this.iterations, velocity };
  }

  /** Goes on with what `velocities` gave. */
  restore(variables: readonly tf.Tensor[], { steps, velocity }: Velocities): void {
    restoreStates(this.#states.accumulations, variables, velocity, "momentum");
    this.iterations_ = steps;
  }
}
