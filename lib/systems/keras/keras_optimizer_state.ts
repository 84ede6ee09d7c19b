import type { FusedAdam, FusedMomentum } from "../../backend/fused_optimizers.ts";
import type * as tf from "../../backend/tf.ts";
import { type Architecture, parameterShapes } from "../../model/architecture.ts";
import { elementCount } from "../../util/element_count.ts";
import type { OptimizerState } from "../../model/training_step.ts";
import type { Weights } from "../../model/weights.ts";
import { fromKeras, toKeras } from "./keras_weights.ts";

/**
 * What the optimizer of a Keras model remembers, in the common form. Weights that are not trained come
 * last among a model's weights; nothing is remembered of them.
 */
export async function kerasOptimizerState(
  architecture: Architecture,
  model: tf.LayersModel,
  rule: FusedAdam | FusedMomentum,
): Promise<OptimizerState> {
  const variables = model.weights.map((weight) => weight.read());
  const trained = parameterShapes(architecture).filter(({ isStatistic }) => !isStatistic);
  const named = (arrays: readonly Float32Array[]): Weights => {
    const shaped = arrays.map((data, i) => ({ shape: variables[i]!.shape, data }));
    const all = fromKeras(architecture, shaped);
    return Object.fromEntries(trained.map(({ name }) => [name, all[name]!]));
  };
  if ("moments" in rule) {
    const { steps, mean, square } = await rule.moments(variables);
    return { kind: "adam", steps, mean: named(mean), square: named(square) };
  }
  const { steps, velocity } = await rule.velocities(variables);
  return { kind: "sgd", steps, velocity: named(velocity) };
}

/**
 * Makes the optimizer go on from a state.
 * @throws RangeError if it is that of another kind of optimizer
 */
export function restoreKerasOptimizer(
  architecture: Architecture,
  model: tf.LayersModel,
  rule: FusedAdam | FusedMomentum,
  state: OptimizerState,
): void {
  const variables = model.trainableWeights.map((weight) => weight.read());
  const zeros = parameterShapes(architecture).map(({ name, shape }) =>
    [name, { shape, data: new Float32Array(elementCount(shape)) }] as const
  );
  const arrays = (from: Weights) =>
    toKeras(architecture, { ...Object.fromEntries(zeros), ...from }).map(({ data }) => data);
  const { steps } = state;
  if (state.kind === "adam" && "moments" in rule) {
    rule.restore(variables, { steps, mean: arrays(state.mean), square: arrays(state.square) });
  } else if (state.kind === "sgd" && "velocities" in rule) {
    rule.restore(variables, { steps, velocity: arrays(state.velocity) });
  } else {
    throw new RangeError(`the state is that of ${state.kind}, the optimizer is another`);
  }
}
