import * as tf from "../../backend/tf.ts";
import { copyOfNumbers } from "../../backend/tensor_arrays.ts";
import type { Weights } from "../../model/weights.ts";

/** A trainable tensor and, after `backward`, the gradient of the loss with respect to it. */
export class Parameter {
  /** Its numbers. */
  readonly data: tf.Variable;
  /** The gradient that the last `backward` left, if its loss depends on this. */
  grad: tf.Tensor | undefined;

  /** A parameter of zeros. */
  constructor(readonly shape: readonly number[]) {
    const zeros = tf.zeros([...shape]);
    this.data = tf.variable(zeros, true);
    zeros.dispose(); // the variable has a copy
  }

  /** Forgets the gradient. */
  zeroGrad(): void {
    this.grad?.dispose();
    this.grad = undefined;
  }

  /** Frees the numbers and the gradient. */
  dispose(): void {
    this.zeroGrad();
    this.data.dispose();
  }
}

/** A tensor that belongs to a module's state and that no optimizer changes. */
export class ModuleBuffer {
  readonly data: tf.Variable;

  constructor(readonly shape: readonly number[]) {
    const zeros = tf.zeros([...shape]);
    this.data = tf.variable(zeros, false);
    zeros.dispose(); // the variable has a copy
  }

  dispose(): void {
    this.data.dispose();
  }
}

/**
 * The base of everything that computes, after PyTorch's `nn.Module`: a `forward`, parameters and buffers of
 * its own by name, and children by name whose parameters are `child.name`. As in PyTorch, a field that holds
 * a parameter or a module registers it under the field's name.
 */
export abstract class Module {
  readonly #parameters = new Map<string, Parameter>();
  readonly #buffers = new Map<string, ModuleBuffer>();
  readonly #children = new Map<string, Module>();
  #isTraining = false;

  /** Whether the module computes as in training; it matters to batch normalisation and dropout. */
  get isTraining(): boolean {
    return this.#isTraining;
  }

  /** Puts the module and all its children into the mode for training, or with `false` for inference. */
  train(mode = true): this {
    this.#isTraining = mode;
    for (const child of this.#children.values()) child.train(mode);
    // twice in each step, so without a list of the fields
    for (const name in this) {
      const field: unknown = this[name];
      if (field instanceof Module) field.train(mode);
    }
    return this;
  }

  /** Puts the module and all its children into the mode for inference, in which they are made. */
  eval(): this {
    return this.train(false);
  }

  /** What the module computes. */
  abstract forward(input: tf.Tensor): tf.Tensor;

  /** A new parameter of zeros, under a name. */
  protected registerParameter(name: string, shape: readonly number[]): Parameter {
    const parameter = new Parameter(shape);
    this.#parameters.set(name, parameter);
    return parameter;
  }

  protected registerBuffer(name: string, shape: readonly number[]): ModuleBuffer {
    const buffer = new ModuleBuffer(shape);
    this.#buffers.set(name, buffer);
    return buffer;
  }

  /** Makes a module a child under a name, where it is in no field. */
  protected registerModule(name: string, module: Module): void {
    if (this.#children.has(name)) throw new RangeError(`there is a module named ${name} already`);
    this.#children.set(name, module);
  }

  /** What belongs to this module itself, by name: parameters, then buffers; and its children. */
  #members() {
    const parameters = new Map(this.#parameters), children = new Map(this.#children);
    for (const [name, field] of Object.entries(this)) {
      if (field instanceof Parameter) parameters.set(name, field);
      if (field instanceof Module) children.set(name, field);
    }
    return { parameters, buffers: this.#buffers, children };
  }

  /** All parameters, own ones first, by their full names. */
  *namedParameters(prefix = ""): IterableIterator<[string, Parameter]> {
    for (const [name, held] of this.#state(prefix)) {
      if (held instanceof Parameter) yield [name, held];
    }
  }

  /** This module and all below it. */
  *allModules(): IterableIterator<Module> {
    yield this;
    for (const child of this.#members().children.values()) yield* child.allModules();
  }

  /** The same by their full names; this module's own is empty. */
  *namedModules(prefix = ""): IterableIterator<[string, Module]> {
    yield [prefix, this];
    for (const [name, child] of this.#members().children) {
      yield* child.namedModules(prefix === "" ? name : `${prefix}.${name}`);
    }
  }

  /** All parameters in their order. */
  parameters(): Parameter[] {
    return [...this.namedParameters()].map(([, parameter]) => parameter);
  }

  /** All parameters and buffers by their full names, those of a module before its children's. */
  *#state(prefix = ""): IterableIterator<[string, Parameter | ModuleBuffer]> {
    const { parameters, buffers, children } = this.#members();
    for (const [name, parameter] of parameters) yield [prefix + name, parameter];
    for (const [name, buffer] of buffers) yield [prefix + name, buffer];
    for (const [name, child] of children) yield* child.#state(`${prefix}${name}.`);
  }

  /** A copy of all parameters and buffers, by name. */
  async stateDict(): Promise<Weights> {
    const copies = [...this.#state()].map(async ([name, { data, shape }]) =>
      [name, { shape, data: await copyOfNumbers(data) }] as const
    );
    return Object.fromEntries(await Promise.all(copies));
  }

  /** Replaces all parameters and buffers. @throws RangeError naming what is missing, unknown or misshapen */
  loadStateDict(state: Weights): void {
    const own = new Map(this.#state());
    const unknown = Object.keys(state).filter((name) => !own.has(name));
    if (unknown.length > 0) throw new RangeError(`unexpected in the state: ${unknown.join(", ")}`);
    const missing = [...own.keys()].filter((name) => !(name in state));
    if (missing.length > 0) throw new RangeError(`missing in the state: ${missing.join(", ")}`);
    for (const [name, { shape }] of own) {
      if (state[name]!.shape.join() !== shape.join()) {
        throw new RangeError(
          `${name} must have shape (${shape.join(", ")}), got (${state[name]!.shape.join(", ")})`,
        );
      }
    }
    for (const [name, { data, shape }] of own) {
      tf.tidy(() => data.assign(tf.tensor(state[name]!.data, [...shape])));
    }
  }

  /** Frees the parameters. */
  dispose(): void {
    for (const [, held] of this.#state()) held.dispose();
  }
}
