import { AddressSpace, roundUp } from "./address_space.ts";
import { ControlBlock } from "./control_block.ts";
import { type ConvBuffers, convBuffers, type ConvLayout, layOutConv } from "./conv_memory.ts";
import {
  type DenseBuffers,
  denseBuffers,
  type DenseLayout,
  denseWeightFloats,
  layOutDense,
} from "./dense_memory.ts";
import { descriptorBytes, type DescriptorValues } from "./descriptor.ts";
import { LANE_IMAGES, MICRO_BATCH, PANEL, SINGLE_FILTERS } from "./kernel_constants.ts";
import { AdamStep, ParameterShare } from "./kernel_interface.ts";
import type { Plan } from "./kernel_plan.ts";

/** A thread's buffers. */
export interface ThreadLayout {
  readonly inputLanes: number;
  /** The input channel-last; 0 where it is that already. */
  readonly input: number;
  /** Bytes from one of its images to the next. */
  readonly inputCopyStride: number;
  readonly convs: readonly ConvBuffers[];
  readonly denses: readonly DenseBuffers[];
  /** What `softmaxCrossEntropy` reports. */
  readonly report: number;
  /** Descriptors: the thread's ParameterShare, and room for an AdamStep. */
  readonly share: number;
  readonly adamStep: number;
  /** Writes the thread's descriptors. */
  readonly describe: (memory: WebAssembly.Memory) => void;
}

/** The whole memory of an engine. */
export interface Layout {
  readonly plan: Plan;
  readonly threads: number;
  readonly shards: number;
  /** Floats of all parameters, each array rounded up to whole cache lines. */
  readonly parameterFloats: number;
  readonly parameters: number;
  readonly firstMoment: number;
  readonly secondMoment: number;
  readonly gradients: number;
  readonly gradientStride: number;
  readonly convs: readonly ConvLayout[];
  readonly denses: readonly DenseLayout[];
  readonly perThread: readonly ThreadLayout[];
  readonly control: number;
  readonly inputStride: number;
  /** Images, then bytes, labels, logits and targets of a batch start here. */
  readonly batch: number;
}

/** Shards that a batch's gradient is summed from: the same for 1, 2 and 4 threads, so are its bits. */
export function shardsFor(threads: number): number {
  return 4 % threads === 0 ? 4 : threads;
}

/** Which of a batch's `count` images a shard of the gradient is summed over. */
export function shardOf(
  count: number,
  shard: number,
  shards: number,
): { readonly first: number; readonly size: number } {
  const first = Math.floor(count * shard / shards);
  return { first, size: Math.floor(count * (shard + 1) / shards) - first };
}

/** Lays out the memory for a network and a number of threads. */
export function layOut(plan: Plan, threads: number): Layout {
  const space = new AddressSpace();
  const control = space.bytes(ControlBlock.bytes(threads));
  const parameters = space.next;
  let parameterFloats = 0;
  const parameter = (floats: number): number => {
    const at = parameters + 4 * parameterFloats;
    parameterFloats += roundUp(floats, 16);
    return at;
  };
  const inputStride = 4 * roundUp(plan.inputLength, PANEL);
  const convs = plan.convs.map((stage, i) => {
    const { filters, channels, kernel } = stage;
    const weight = parameter(filters * channels * kernel * kernel);
    const bias = parameter(roundUp(filters + 1, SINGLE_FILTERS));
    return layOutConv(stage, weight, bias, i + 1 === plan.convs.length);
  });
  let inStride = convs.at(-1)?.outStride ?? inputStride;
  const denses = plan.denses.map((stage) => {
    const weight = parameter(denseWeightFloats(stage));
    const bias = parameter(roundUp(stage.units, PANEL));
    const dense = layOutDense(stage, weight, bias, inStride);
    inStride = dense.outStride;
    return dense;
  });
  space.floats(parameterFloats);
  const [firstMoment, secondMoment] = [
    space.floats(parameterFloats),
    space.floats(parameterFloats),
  ];
  const shards = shardsFor(threads);
  const gradientStride = roundUp(4 * parameterFloats, 64) + 64;
  const gradients = space.bytes(shards * gradientStride);
  const whole = {
    ...{ plan, threads, shards, parameterFloats, parameters, firstMoment, secondMoment },
    ...{ gradients, gradientStride, convs, denses, control, inputStride },
  };
  const perThread = Array.from(
    { length: threads },
    (_, thread) => layOutThread(whole, thread, space),
  );
  return { ...whole, perThread, batch: space.next };
}

function layOutThread(
  whole: Omit<Layout, "perThread" | "batch">,
  thread: number,
  space: AddressSpace,
): ThreadLayout {
  const { plan: { inputLength }, convs, denses } = whole;
  const first = convs[0];
  const inputCopyStride = 4 * roundUp(inputLength + 3, PANEL);
  const pointers = space.floats(
    Math.max(1, ...convs.map(({ filters, windows }) => filters * windows + 4)),
  );
  return {
    inputLanes: space.floats(first ? LANE_IMAGES * roundUp(inputLength, 4) : 0),
    input: first && first.channels > 1 ? space.floats(MICRO_BATCH * inputCopyStride / 4 + 1024) : 0,
    inputCopyStride,
    convs: convs.map((conv) => convBuffers(conv, pointers, space)),
    denses: denses.map((dense) => denseBuffers(dense, space)),
    report: space.floats(3 * MICRO_BATCH),
    share: space.descriptor(ParameterShare, shareOf(whole, thread)),
    adamStep: space.bytes(descriptorBytes(AdamStep)),
    describe: space.takeConstants(),
  };
}

/** The stretch of the parameters that a thread updates, in whole cache lines. */
function shareOf(
  whole: Omit<Layout, "perThread" | "batch">,
  thread: number,
): DescriptorValues<typeof ParameterShare> {
  const { parameterFloats, threads, shards, gradientStride } = whole;
  const step = roundUp(parameterFloats / threads, 16);
  const from = Math.min(thread * step, parameterFloats);
  return {
    weights: whole.parameters + 4 * from,
    firstMoment: whole.firstMoment + 4 * from,
    secondMoment: whole.secondMoment + 4 * from,
    gradients: whole.gradients + 4 * from,
    count: Math.min(step, parameterFloats - from),
    shards,
    shardBytes: gradientStride,
  };
}

/** Addresses in the part of the memory that grows with the batch. */
export interface BatchLayout {
  /** Floats, `inputStride` apart. */
  readonly images: number;
  readonly bytes: number;
  readonly labels: number;
  /** (images, classes) */
  readonly logits: number;
  /** (images, classes), for batches with targets of their own */
  readonly targets: number;
  readonly end: number;
}

/** Lays out room for a batch of `count` images. */
export function layOutBatch(layout: Layout, count: number, classes: number): BatchLayout {
  const space = new AddressSpace(layout.batch);
  const room = roundUp(count, MICRO_BATCH) + LANE_IMAGES;
  return {
    images: space.bytes(room * layout.inputStride),
    bytes: space.bytes(room * layout.plan.inputLength),
    labels: space.bytes(4 * room),
    logits: space.bytes(4 * room * classes),
    targets: space.bytes(4 * room * classes),
    end: space.next,
  };
}
