import { roundUp } from "../address_space.ts";
import { winogradMethod } from "../conv_memory.ts";
import { descriptorBytes } from "../descriptor.ts";
import {
  CHUNK,
  COLUMN_SUMS as COLUMNS,
  LANE_IMAGES as LANES,
  MODERATE,
  PATCH_WINDOWS as TILE,
} from "../kernel_constants.ts";
import { ConvLayer } from "../kernel_interface.ts";
import { activationCodes, derivativeCodes } from "./activation_codes.ts";
import { type JobRunner, partsFor, SHARDS, withScratch } from "./job_runner.ts";
import type { Address, ConvPool, ConvPoolGradient, ConvPoolShape } from "./tensor_operations.ts";
import { OVERREAD } from "./tensor_operations.ts";

/** Floats that the descriptor of a layer takes: ConvLayer of ../assembly/layers.ts. */
const LAYER = descriptorBytes(ConvLayer) / 4;

/** How the forward kernels compute their sums, as assembly/conv_pool_forward.ts numbers it. */
const [DIRECT, BOTH_WAYS, DOWN_COLUMNS] = [0, 1, 2];

/** Windows, numbers of an image before and after, and of a filter. */
function sizesOf({ inHeight, inWidth, inChannels, outChannels, kernel }: ConvPoolShape) {
  const [outHeight, outWidth] = [(inHeight - kernel + 1) / 2, (inWidth - kernel + 1) / 2];
  return {
    outWidth,
    windows: outHeight * outWidth,
    input: inHeight * inWidth * inChannels,
    output: outHeight * outWidth * outChannels,
    filter: kernel * kernel * inChannels * outChannels,
    /** Kernels read and write whole tiles, up to six rows past the end. */
    slack: 8 * inWidth * inChannels + 64,
  };
}

/** Tiles across which the input's gradient reaches from a window. */
function frameChunks({ kernel, inChannels }: ConvPoolShape): number {
  return Math.ceil((kernel + 1) * inChannels / CHUNK);
}

/** Whether `convPool` and `convPoolGradient` take a shape. */
export function takesConvPool(shape: ConvPoolShape): boolean {
  const { inHeight, inWidth, inChannels, outChannels, kernel } = shape;
  const sizes = [inHeight - kernel + 1, inWidth - kernel + 1];
  // addInputGradient takes tiles by twos, of which the second must not reach into the next row
  const reach = frameChunks(shape);
  return (reach <= 3 || CHUNK * reach <= inWidth * inChannels) && inChannels > 0 &&
    outChannels > 0 && kernel > 0 &&
    sizes.every((size) => size > 0 && size % 2 === 0) &&
    4 * sizesOf(shape).slack <= OVERREAD;
}

function check(shape: ConvPoolShape): void {
  if (takesConvPool(shape)) return;
  throw new RangeError(`convPool does not take the shape ${JSON.stringify(shape)}`);
}

/** Winograd's method where its transforms cost less than the multiply-adds that they save. */
function methodFor({ kernel, inChannels, outChannels }: ConvPoolShape, outWidth: number): number {
  const layer = { kernel, channels: inChannels, filters: outChannels, outWidth };
  const method = winogradMethod(layer);
  return method === undefined ? DIRECT : method === "columns" ? DOWN_COLUMNS : BOTH_WAYS;
}

/** Floats of a method's transformed filters, columns, patches and products. */
function methodFloats(shape: ConvPoolShape, method: number): [number, number, number, number] {
  const { inChannels, inWidth, outChannels } = shape;
  const { outWidth } = sizesOf(shape);
  const pairs = roundUp(outChannels, 2);
  if (method === BOTH_WAYS) {
    return [
      36 * inChannels * pairs,
      6 * (2 * TILE + 4) * LANES,
      36 * inChannels * TILE * LANES,
      36 * 2 * TILE * LANES,
    ];
  }
  if (method === DOWN_COLUMNS) {
    const products = 8 * 2 * roundUp(2 * outWidth, COLUMNS) * LANES;
    return [8 * inChannels * 5 * pairs, (8 * inChannels * inWidth + 7) * LANES, 0, products];
  }
  return [0, 0, 0, 0];
}

/** Where stretches of some floats start when they follow each other, in bytes, and where the last ends. */
function offsets(floats: readonly number[]): number[] {
  const starts = [0];
  for (const count of floats) starts.push(starts.at(-1)! + roundUp(4 * count, 64) + 64);
  return starts;
}

/** Whether numbers in the memory are no NaN, not infinite, and at most `MODERATE` in size. */
function areModerate({ floats }: JobRunner, at: Address, count: number): boolean {
  const numbers = new Float32Array(floats.buffer, at, count);
  // a loop takes a fifth of the time of `every`; a comparison with NaN is false
  for (let i = 0; i < count; i++) if (!(Math.abs(numbers[i]!) <= MODERATE)) return false;
  return true;
}

/** Where the kernel says that a number of the input is not moderate. */
const NOT_MODERATE = 24;

/** See `ConvPool`. @throws RangeError if `takesConvPool` does not hold */
export function convPool(runner: JobRunner, operation: ConvPool): boolean {
  const { shape, activation, input, filter, bias, output, argmax = 0 } = operation;
  check(shape);
  const { batchSize, inHeight, inWidth, inChannels, outChannels, kernel } = shape;
  if (batchSize === 0) return true;
  const sizes = sizesOf(shape);
  if (!areModerate(runner, filter, sizes.filter) || !areModerate(runner, bias, outChannels)) {
    return false;
  }
  // inference is to be as exact as can be
  const method = argmax === 0 ? DIRECT : methodFor(shape, sizes.outWidth);
  const [transformed, columns, patches, products] = methodFloats(shape, method);
  const groups = Math.ceil(batchSize / LANES);
  const work = batchSize * sizes.output * 4 * kernel * kernel * inChannels;
  const parts = partsFor(runner, work, groups);
  const lanes = LANES * sizes.windows * roundUp(outChannels, 4) + sizes.slack;
  const starts = offsets([
    LANES * Math.max(sizes.input, sizes.output) + sizes.slack,
    LANES * roundUp(inChannels, 4) * inHeight * inWidth + 16 * LANES,
    ...[lanes, lanes, columns, patches, products, LAYER],
  ]);
  const bytes = starts.pop()!;
  const scratch = [4 * sizes.filter, 4 * transformed, 4 * roundUp(outChannels + 1, 8)];
  withScratch(
    runner,
    [...scratch, runner.threads * bytes],
    (planar = 0, weights = 0, biases = 0, at = 0) => {
      const taps = kernel * kernel;
      runner.call("permuteFilter", filter, taps, inChannels, outChannels, planar, 0);
      runner.call("foldShards", bias, 0, 1, outChannels, biases);
      if (method !== DIRECT) {
        const room = at + starts.at(-1)!;
        runner.call("transformFilter", method, planar, outChannels, inChannels, weights, room);
      }
      writeShape(runner, shape);
      runner.words.set(
        [
          ...[input, method === DIRECT ? planar : weights, biases, output, argmax],
          ...[activationCodes[activation], parts, method, at, bytes, ...starts, 0],
        ],
        6,
      );
      runner.run("convPoolForward", parts);
    },
  );
  return runner.words[NOT_MODERATE] === 0;
}

/** A descriptor's first six words. */
function writeShape({ words }: JobRunner, shape: ConvPoolShape): void {
  const { batchSize, inHeight, inWidth, inChannels, outChannels, kernel } = shape;
  words.set([batchSize, inHeight, inWidth, inChannels, outChannels, kernel]);
}

/** See `ConvPoolGradient`. @throws RangeError if `takesConvPool` does not hold */
export function convPoolGradient(runner: JobRunner, operation: ConvPoolGradient): void {
  const { shape, activation, input, filter, output, argmax, outputGradient } = operation;
  const { filterGradient, biasGradient, inputGradient = 0 } = operation;
  check(shape);
  const { inChannels, outChannels, kernel } = shape;
  const sizes = sizesOf(shape);
  const isLong = kernel * inChannels > 2 * CHUNK;
  const [rows, columns] = isLong ? [kernel, 4 * CHUNK] : [5, CHUNK];
  const chunks = Math.ceil(kernel * inChannels / columns);
  const sumFloats = outChannels * Math.ceil(kernel / rows) * chunks * rows * columns;
  const [, biases, shardBytes] = offsets([sumFloats + 2 * 5 * CHUNK, outChannels]) as Triple;
  const reach = frameChunks(shape);
  const frameBytes = inputGradient === 0
    ? 0
    : 4 * outChannels * 2 * Math.ceil((kernel + 1) / 6) * reach * 7 * CHUNK;
  const imageFloats = sizes.input + sizes.slack;
  const [, pointers, image, layer, bytes] = offsets(
    [sizes.output + 4, sizes.output + 8, imageFloats, LAYER],
  ) as [number, number, ...Triple];
  const scratch = [4 * sizes.filter, SHARDS * shardBytes, frameBytes, SHARDS * bytes];
  withScratch(runner, scratch, (planar = 0, sums = 0, paddedWeights = 0, buffers = 0) => {
    if (inputGradient !== 0) {
      const padded = [reach, paddedWeights, frameBytes, buffers + layer] as const;
      padFilter(runner, shape, filter, planar, padded);
    }
    writeShape(runner, shape);
    runner.words.set(
      [
        ...[input, outputGradient, output, argmax, derivativeCodes[activation], SHARDS],
        ...[sums, shardBytes, biases, chunks, Number(isLong), inputGradient, paddedWeights, reach],
        ...[buffers, bytes, pointers, image, 4 * imageFloats, rows, columns, planar],
        ...[filterGradient, biasGradient, layer],
      ],
      6,
    );
    runner.run("convPoolBackward", SHARDS);
    runner.run("foldConvPool", 1);
  });
}

type Triple = [number, number, number];

function padFilter(
  runner: JobRunner,
  { kernel, inChannels, outChannels }: ConvPoolShape,
  filter: Address,
  planar: Address,
  padded: readonly [chunks: number, at: Address, bytes: number, room: Address],
): void {
  runner.call("permuteFilter", filter, kernel * kernel, inChannels, outChannels, planar, 0);
  runner.call("padFilter", planar, outChannels, inChannels, kernel, ...padded);
}
