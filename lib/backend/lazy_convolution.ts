/**
 * Convolutions that wait. A convolution's result is four times as large as what pooling leaves of it, and the
 * kernels have one operation for both, several times as fast. So a convolution is computed when somebody needs its
 * numbers; an activation on top joins it; and if pooling comes next, all are one. On the way back the gradients of
 * pooling and activation wait as well, until that of the filter, the bias or the input is needed: then all that
 * are still wanted are computed at once. What nobody needs, as the gradient of the images, never is.
 */
import type {
  ConvPoolActivation,
  ConvPoolShape,
  FusedActivation,
  Geometry,
} from "../kernels/tensor/tensor_operations.ts";
import type { KernelsBackend } from "./kernels_backend.ts";
import type { Block, Source } from "./stored_numbers.ts";

/** Counts holders; what it holds itself is let go with the last of them. */
abstract class Held {
  #holders = 1;

  hold(): this {
    this.#holders++;
    return this;
  }

  release(): void {
    if (--this.#holders === 0) this.end();
  }

  protected abstract end(): void;
}

/** What pooling has made of a convolution. */
export interface Pooled {
  readonly output: Block;
  /** Which number of each window was the largest, as the kernels keep it; absent outside of a gradient. */
  readonly argmax: Block | undefined;
}

/** What a convolution is made of; each block is held for it already. */
export interface ConvolutionParts {
  readonly geometry: Geometry;
  readonly input: Block;
  readonly filter: Block;
  readonly bias?: Block | undefined;
  readonly activation: FusedActivation;
  readonly alpha?: number | undefined;
}

const poolable: readonly FusedActivation[] = [
  ...["linear", "relu", "sigmoid", "tanh"] satisfies ConvPoolActivation[],
];

/** A convolution, perhaps with bias and activation, that waits for somebody to need its numbers. */
export class Convolution extends Held implements Source {
  #pooled: Pooled | undefined;

  /** @param before the same convolution without its activation */
  constructor(
    readonly backend: KernelsBackend,
    readonly parts: ConvolutionParts,
    readonly before?: Convolution,
  ) {
    super();
  }

  /** The same with something added; the blocks are held once more. */
  with(more: { readonly bias?: Block; readonly activation?: ConvPoolActivation }): Convolution {
    const { input, filter, bias } = this.parts;
    for (const block of [input, filter, bias]) if (block) block.holders++;
    return new Convolution(this.backend, { ...this.parts, ...more }, more.activation && this);
  }

  /** Numbers of the result. */
  get outputSize(): number {
    const { batchSize, outHeight, outWidth, outChannels } = this.parts.geometry;
    return batchSize * outHeight * outWidth * outChannels;
  }

  compute(): Block {
    const { backend, parts: { geometry, input, filter, bias, activation, alpha } } = this;
    const output = backend.takeBlock(4 * this.outputSize);
    backend.kernels.conv2d({
      ...{ geometry, activation, input: input.at, filter: filter.at, output: output.at },
      ...(bias ? { bias: bias.at } : {}),
      ...(alpha !== undefined ? { alpha } : {}),
    });
    return output;
  }

  /** The shape for the kernels that convolve and pool at once; undefined if they cannot. */
  poolShape(pool: Geometry): ConvPoolShape | undefined {
    const { geometry: g, activation } = this.parts;
    const isPlain = g.filterHeight === g.filterWidth && g.strideHeight === 1 &&
      g.strideWidth === 1 && g.dilationHeight === 1 && g.dilationWidth === 1 &&
      g.outHeight === g.inHeight - g.filterHeight + 1 &&
      g.outWidth === g.inWidth - g.filterWidth + 1 && g.padInfo.top === 0 && g.padInfo.left === 0;
    const isHalving = pool.filterHeight === 2 && pool.filterWidth === 2 &&
      pool.strideHeight === 2 && pool.strideWidth === 2 && 2 * pool.outHeight === g.outHeight &&
      2 * pool.outWidth === g.outWidth && pool.padInfo.top === 0 && pool.padInfo.left === 0;
    if (!isPlain || !isHalving || !poolable.includes(activation)) return undefined;
    const { batchSize, inHeight, inWidth, inChannels, outChannels, filterHeight: kernel } = g;
    return { batchSize, inHeight, inWidth, inChannels, outChannels, kernel };
  }

  /**
   * Convolves and pools at once.
   * @param keepsWinners whether a gradient may follow
   * @returns the pooled numbers, held for the caller
   */
  pool(shape: ConvPoolShape, keepsWinners: boolean): Block {
    const { backend, parts: { input, filter, bias, activation } } = this;
    const bytes = this.outputSize; // a quarter of the numbers, four bytes each
    const output = backend.takeBlock(bytes);
    const argmax = keepsWinners ? backend.takeBlock(bytes) : undefined;
    const zeros = bias ? undefined : this.#zeroBias();
    backend.kernels.convPool({
      shape,
      activation: activation as ConvPoolActivation,
      input: input.at,
      filter: filter.at,
      bias: (bias ?? zeros!).at,
      output: output.at,
      ...(argmax ? { argmax: argmax.at } : {}),
    });
    if (zeros) backend.releaseBlock(zeros);
    this.#letPooledGo();
    this.#pooled = { output, argmax };
    output.holders++;
    return output;
  }

  #zeroBias(): Block {
    const { outChannels } = this.parts.geometry;
    const block = this.backend.takeBlock(4 * outChannels);
    new Float32Array(this.backend.kernels.memory.buffer, block.at, outChannels).fill(0);
    return block;
  }

  /** What `pool` made of it last. */
  get pooled(): Pooled | undefined {
    return this.#pooled;
  }

  #letPooledGo(): void {
    if (this.#pooled === undefined) return;
    this.backend.releaseBlock(this.#pooled.output);
    if (this.#pooled.argmax) this.backend.releaseBlock(this.#pooled.argmax);
    this.#pooled = undefined;
  }

  protected override end(): void {
    const { input, filter, bias } = this.parts;
    for (const block of [input, filter, bias]) if (block) this.backend.releaseBlock(block);
    this.#letPooledGo();
  }
}

/** What a gradient that goes back through pooling and activation is wanted for. */
export type GradientName = "filter" | "bias" | "input";

/** The gradient at a pooling's result, on its way back to the convolution. */
export class PooledGradient extends Held {
  readonly #wanted = new Map<GradientName, GradientPart>();

  /** @param dy the gradient at the pooled numbers; it and the convolution are held for this already */
  constructor(
    readonly convolution: Convolution,
    readonly shape: ConvPoolShape,
    readonly pool: Geometry,
    readonly dy: Block,
  ) {
    super();
  }

  /** One of the results, to be computed with the others when one of them is needed. */
  part(name: GradientName): GradientPart {
    const part = new GradientPart(this.hold() as PooledGradient, name);
    this.#wanted.set(name, part);
    return part;
  }

  unwant(part: GradientPart): void {
    if (this.#wanted.get(part.name) === part) this.#wanted.delete(part.name);
  }

  /** Computes all that is wanted. */
  run(): void {
    const { convolution: { backend, parts, pooled }, shape } = this;
    const { inChannels, outChannels, kernel } = shape;
    const filters = backend.takeBlock(4 * kernel * kernel * inChannels * outChannels);
    const biases = backend.takeBlock(4 * outChannels);
    const inputs = this.#wanted.has("input")
      ? backend.takeBlock(4 * shape.batchSize * shape.inHeight * shape.inWidth * inChannels)
      : undefined;
    backend.kernels.convPoolGradient({
      shape,
      activation: parts.activation as ConvPoolActivation,
      input: parts.input.at,
      filter: parts.filter.at,
      output: pooled!.output.at,
      argmax: pooled!.argmax!.at,
      outputGradient: this.dy.at,
      filterGradient: filters.at,
      biasGradient: biases.at,
      ...(inputs ? { inputGradient: inputs.at } : {}),
    });
    const results = { filter: filters, bias: biases, input: inputs };
    for (const name of ["filter", "bias", "input"] as const) {
      const part = this.#wanted.get(name), block = results[name];
      if (part) part.result = block;
      else if (block) backend.releaseBlock(block);
    }
    this.#wanted.clear();
  }

  protected override end(): void {
    this.convolution.backend.releaseBlock(this.dy);
    this.convolution.release();
  }
}

/** One of the gradients at the end of the way: of the filter, the bias or the input. */
export class GradientPart implements Source {
  /** Computed along with another part, and not fetched yet. */
  result: Block | undefined;

  constructor(readonly gradient: PooledGradient, readonly name: GradientName) {}

  compute(): Block {
    if (this.result === undefined) this.gradient.run();
    const block = this.result!;
    this.result = undefined;
    return block;
  }

  release(): void {
    this.gradient.unwant(this);
    if (this.result) this.gradient.convolution.backend.releaseBlock(this.result);
    this.gradient.release();
  }
}

/** The gradient at the convolution's result, after or before its activation. */
export class GradientInside implements Source {
  constructor(readonly gradient: PooledGradient, readonly isBeforeActivation: boolean) {}

  /** By the plain operations, one after the other. */
  compute(): Block {
    const { convolution, pool, dy } = this.gradient;
    const { backend, parts: { activation } } = convolution;
    const result = backend.takeBlock(4 * convolution.outputSize);
    const whole = convolution.compute();
    backend.kernels.maxPoolGradient({
      geometry: pool,
      outputGradient: dy.at,
      input: whole.at,
      inputGradient: result.at,
    });
    if (!this.isBeforeActivation || activation === "linear") {
      backend.releaseBlock(whole);
      return result;
    }
    const gradient = backend.activationGradient(activation, result, whole, convolution.outputSize);
    backend.releaseBlock(result);
    backend.releaseBlock(whole);
    return gradient;
  }

  release(): void {
    this.gradient.release();
  }
}

/** The gradient of a convolution's input, which is not needed where the input are the images. */
export class InputGradient implements Source {
  /** @param dy and `filter` are held for this already */
  constructor(
    readonly backend: KernelsBackend,
    readonly geometry: Geometry,
    readonly dy: Block,
    readonly filter: Block,
  ) {}

  compute(): Block {
    const { backend, geometry, dy, filter } = this;
    const { batchSize, inHeight, inWidth, inChannels } = geometry;
    const result = backend.takeBlock(4 * batchSize * inHeight * inWidth * inChannels);
    backend.kernels.conv2dInputGradient({
      geometry,
      outputGradient: dy.at,
      filter: filter.at,
      inputGradient: result.at,
    });
    return result;
  }

  release(): void {
    this.backend.releaseBlock(this.dy);
    this.backend.releaseBlock(this.filter);
  }
}
