import * as tf from "../../backend/tf.ts";
import type { WeightArray, Weights } from "../../model/weights.ts";

/** A trainable tensor and, after `backward`, the gradient of the loss with respect to it. */
export class Parameter {
  readonly data: tf.Variable;
  grad: tf.Tensor | undefined;

  constructor(readonly shape: readonly number[]) {
    const zeros = tf.zeros([...shape]);
    this.data = tf.variable(zeros, true);
    zeros.dispose(); // the variable has a copy
  }

  zeroGrad(): void {
    this.grad?.dispose();
    this.grad = undefined;
  }

  dispose(): void {
    this.zeroGrad();
    this.data.dispose();
  }
}

/**
 * The base of everything that computes, after PyTorch's `nn.Module`: a `forward`, parameters of its
 * own by name, and children by name whose parameters are `child.name`.
 */
export abstract class Module {
  readonly #parameters = new Map<string, Parameter>();
  readonly #children = new Map<string, Module>();

  abstract forward(input: tf.Tensor): tf.Tensor;

  protected registerParameter(name: string, shape: readonly number[]): Parameter {
    const parameter = new Parameter(shape);
    this.#parameters.set(name, parameter);
    return parameter;
  }

  protected registerModule(name: string, module: Module): void {
    if (this.#children.has(name)) throw new RangeError(`there is a module named ${name} already`);
    this.#children.set(name, module);
  }

  /** All parameters, own ones first, by their full names. */
  *namedParameters(prefix = ""): IterableIterator<[string, Parameter]> {
    for (const [name, parameter] of this.#parameters) yield [prefix + name, parameter];
    for (const [name, child] of this.#children) yield* child.namedParameters(`${prefix}${name}.`);
  }

  parameters(): Parameter[] {
    return [...this.namedParameters()].map(([, parameter]) => parameter);
  }

  /** A copy of all parameters, by name. */
  async stateDict(): Promise<Weights> {
    const state: Record<string, WeightArray> = {};
    for (const [name, { data, shape }] of this.namedParameters()) {
      state[name] = { shape, data: Float32Array.from(await data.data<"float32">()) };
    }
    return state;
  }

  /** Replaces all parameters. @throws RangeError naming what is missing, unknown or misshapen */
  loadStateDict(state: Weights): void {
    const parameters = new Map(this.namedParameters());
    const unknown = Object.keys(state).filter((name) => !parameters.has(name));
    if (unknown.length > 0) throw new RangeError(`unexpected in the state: ${unknown.join(", ")}`);
    const missing = [...parameters.keys()].filter((name) => !(name in state));
    if (missing.length > 0) throw new RangeError(`missing in the state: ${missing.join(", ")}`);
    for (const [name, { shape }] of parameters) {
      if (state[name]!.shape.join() !== shape.join()) {
        throw new RangeError(
          `${name} must have shape (${shape.join(", ")}), got (${state[name]!.shape.join(", ")})`,
        );
      }
    }
    for (const [name, { data, shape }] of parameters) {
      tf.tidy(() => data.assign(tf.tensor(state[name]!.data, [...shape])));
    }
  }

  dispose(): void {
    for (const parameter of this.parameters()) parameter.dispose();
  }
}
