/**
 * Convolutions that wait. A convolution's result is four times as large as what pooling leaves of it, and the
 * kernels have one operation for both, several times as fast. So a convolution is computed when somebody needs its
 * numbers; an activation on top joins it; and if pooling comes next, all are one. On the way back the gradients of
 * pooling and activation wait as well, until that of the filter, the bias or the input is needed: then all that
 * are still wanted are computed at once. What nobody needs, as the gradient of the images, never is.
 */
import * as tf from "@tensorflow/tfjs-core";
import { takesConvPool } from "../kernels/tensor/conv_pool_operations.ts";
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

function hold(block: Block): Block {
  block.holders++;
  return block;
}

/** What pooling has made of a convolution. */
export interface Pooled {
  readonly output: Block;
  /** Which number of each window was the largest, as the kernels keep it; absent outside of a gradient. */
  readonly argmax: Block | undefined;
}

/** What pooling has made of a convolution, with what its gradient needs. */
export type PooledInTraining = Pooled & { readonly argmax: Block };

/** What a convolution is made of; each block is held for it already. */
export interface ConvolutionParts {
  readonly geometry: Geometry;
  readonly input: Block;
  readonly filter: Block;
  readonly bias?: Block | undefined;
  readonly activation: FusedActivation;
  readonly alpha?: number | undefined;
}

/** Up to so many images, to pack the filter takes long beside the convolution itself. */
const MOST_IMAGES_WITH_KEPT_PANELS = 4;

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
    for (const block of [input, filter, bias]) if (block) hold(block);
    return new Convolution(this.backend, { ...this.parts, ...more }, more.activation && this);
  }

  /** Numbers of the result. */
  get outputSize(): number {
    const { batchSize, outHeight, outWidth, outChannels } = this.parts.geometry;
    return batchSize * outHeight * outWidth * outChannels;
  }

  compute(): Block {
    const { backend, parts: { geometry, input, filter, bias, activation, alpha } } = this;
    const { batchSize, filterHeight, filterWidth, inChannels, outChannels } = geometry;
    const taps = filterHeight * filterWidth * inChannels;
    // in inference the same filter meets one image after the other
    const panels =
      batchSize <= MOST_IMAGES_WITH_KEPT_PANELS && tf.engine().state.gradientDepth === 0
        ? backend.panelsOf(filter, taps, outChannels, false)
        : undefined;
    return backend.makeBlock(4 * this.outputSize, (output) =>
      backend.kernels.conv2d({
        ...{ geometry, activation, input: input.at, filter: filter.at, output: output.at },
        ...(panels !== undefined ? { panels } : {}),
        ...(bias ? { bias: bias.at } : {}),
        ...(alpha !== undefined ? { alpha } : {}),
      }));
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
    const shape = { batchSize, inHeight, inWidth, inChannels, outChannels, kernel };
    return takesConvPool(shape) ? shape : undefined;
  }

  /**
   * Convolves and pools at once.
   * @param keepsWinners whether a gradient may follow
   * @returns the pooled numbers, held for the caller; undefined where numbers are not finite or too large for this
   */
  pool(shape: ConvPoolShape, keepsWinners: boolean): Block | undefined {
    const { backend } = this;
    const bytes = this.outputSize; // a quarter of the numbers, four bytes each
    let argmax: Block | undefined, isUsual = true;
    const run = (output: Block, argmax?: Block) => {
      isUsual = this.#runPool(shape, output, argmax);
    };
    const output = backend.makeBlock(bytes, (output) => {
      if (!keepsWinners) return run(output);
      argmax = backend.makeBlock(bytes, (argmax) => run(output, argmax));
    });
    if (!isUsual) {
      for (const block of [output, argmax]) if (block) backend.releaseBlock(block);
      return undefined;
    }
    this.#letPooledGo();
    this.#pooled = { output, argmax };
    return hold(output);
  }

  #runPool(shape: ConvPoolShape, output: Block, argmax?: Block): boolean {
    const { backend: { kernels }, parts: { input, filter, bias, activation } } = this;
    const zeros = bias ? undefined : this.#zeroBias();
    try {
      return kernels.convPool({
        shape,
        activation: activation as ConvPoolActivation,
        input: input.at,
        filter: filter.at,
        bias: (bias ?? zeros!).at,
        output: output.at,
        ...(argmax ? { argmax: argmax.at } : {}),
      });
    } finally {
      if (zeros) this.backend.releaseBlock(zeros);
    }
  }

  #zeroBias(): Block {
    const { outChannels } = this.parts.geometry;
    return this.backend.makeBlock(4 * outChannels, ({ at }) => {
      new Float32Array(this.backend.kernels.memory.buffer, at, outChannels).fill(0);
    });
  }

  /** Outside of a gradient nobody looks for it any more. */
  get isSpent(): boolean {
    return this.#pooled?.argmax === undefined && tf.engine().state.gradientDepth === 0;
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
  readonly #wanted = new Set<GradientPart>();

  /**
   * @param pooled what the pooling has made; another one may follow before the gradient is computed
   * @param dy the gradient at the pooled numbers; it and the convolution are held for this already
   */
  constructor(
    readonly convolution: Convolution,
    readonly pooled: PooledInTraining,
    readonly shape: ConvPoolShape,
    readonly pool: Geometry,
    readonly dy: Block,
  ) {
    super();
    for (const block of [pooled.output, pooled.argmax]) hold(block);
  }

  /** One of the results, to be computed with the others when one of them is needed. */
  part(name: GradientName): GradientPart {
    const part = new GradientPart(this.hold() as PooledGradient, name);
    this.#wanted.add(part);
    return part;
  }

  unwant(part: GradientPart): void {
    this.#wanted.delete(part);
  }

  /** Computes all that is wanted. */
  run(): void {
    const { backend } = this.convolution;
    const { batchSize, inHeight, inWidth, inChannels, outChannels, kernel } = this.shape;
    const wanted = [...this.#wanted];
    const results: Partial<Record<GradientName, Block>> = {};
    try {
      results.filter = backend.takeBlock(4 * kernel * kernel * inChannels * outChannels);
      results.bias = backend.takeBlock(4 * outChannels);
      if (wanted.some(({ name }) => name === "input")) {
        results.input = backend.takeBlock(4 * batchSize * inHeight * inWidth * inChannels);
      }
      this.#runInto(results.filter, results.bias, results.input);
      const biases = new Float32Array(
        backend.kernels.memory.buffer,
        results.bias.at,
        outChannels,
      );
      // each number of the gradient is in a sum of the bias's; the kernel spreads a NaN further than it reaches
      if (!biases.every(Number.isFinite)) this.#runPlainly(results.filter, results.input);
      // who asks for the same one twice gets two holders of its block
      for (const part of wanted) part.result = hold(results[part.name]!);
      this.#wanted.clear();
    } finally {
      for (const block of Object.values(results)) backend.releaseBlock(block);
    }
  }

  #runInto(filter: Block, bias: Block, input: Block | undefined): void {
    const { convolution: { backend: { kernels }, parts }, pooled } = this;
    kernels.convPoolGradient({
      shape: this.shape,
      activation: parts.activation as ConvPoolActivation,
      input: parts.input.at,
      filter: parts.filter.at,
      output: pooled.output.at,
      argmax: pooled.argmax.at,
      outputGradient: this.dy.at,
      filterGradient: filter.at,
      biasGradient: bias.at,
      ...(input ? { inputGradient: input.at } : {}),
    });
  }

  /** The gradients of filter and input by the plain operations, for numbers that are not finite. */
  #runPlainly(filter: Block, input: Block | undefined): void {
    const { backend, parts } = this.convolution, { kernels } = backend;
    const inside = new GradientInside(this, true).compute();
    try {
      const of = { geometry: parts.geometry, outputGradient: inside.at };
      kernels.conv2dFilterGradient({ ...of, input: parts.input.at, filterGradient: filter.at });
      if (!input) return;
      kernels.conv2dInputGradient({ ...of, filter: parts.filter.at, inputGradient: input.at });
    } finally {
      backend.releaseBlock(inside);
    }
  }

  protected override end(): void {
    const { backend } = this.convolution;
    for (const block of [this.dy, this.pooled.output, this.pooled.argmax]) {
      backend.releaseBlock(block);
    }
    this.convolution.release();
  }
}

/** One of the gradients at the end of the way: of the filter, the bias or the input. */
export class GradientPart implements Source {
  readonly isSpent = true;
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
  /** The gradients of filter and bias that may follow are computed from it. */
  readonly isSpent = false;

  constructor(readonly gradient: PooledGradient, readonly isBeforeActivation: boolean) {}

  /** By the plain operations, one after the other. */
  compute(): Block {
    const { convolution, pool, dy } = this.gradient;
    const { backend, outputSize, parts: { activation } } = convolution;
    const whole = convolution.compute();
    try {
      const result = backend.makeBlock(4 * outputSize, (result) =>
        backend.kernels.maxPoolGradient({
          geometry: pool,
          outputGradient: dy.at,
          input: whole.at,
          inputGradient: result.at,
        }));
      if (!this.isBeforeActivation || activation === "linear") return result;
      try {
        return backend.activationGradient(activation, result, whole, outputSize);
      } finally {
        backend.releaseBlock(result);
      }
    } finally {
      backend.releaseBlock(whole);
    }
  }

  release(): void {
    this.gradient.release();
  }
}

/** The gradient of a convolution's input, which is not needed where the input are the images. */
export class InputGradient implements Source {
  readonly isSpent = true;

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
    return backend.makeBlock(
      4 * batchSize * inHeight * inWidth * inChannels,
      (result) =>
        backend.kernels.conv2dInputGradient({
          geometry,
          outputGradient: dy.at,
          filter: filter.at,
          inputGradient: result.at,
        }),
    );
  }

  release(): void {
    this.backend.releaseBlock(this.dy);
    this.backend.releaseBlock(this.filter);
  }
}
