import { checkedBatches } from "../../systems/check_batches.ts";
import type { Batches } from "../../systems/system.ts";
import type { Architecture } from "../../model/architecture.ts";
import type { FloatArray } from "../../systems/numpy/array.ts";
import { im2col } from "../../systems/numpy/im2col.ts";
import type { ConvStage } from "../../kernels/kernel_plan.ts";
import { Network } from "../../systems/numpy/reference_network.ts";
import type { Weights } from "../../model/weights.ts";
import { planQuantized } from "./plan_quantized.ts";
import { type InputMoments, MomentSums } from "./input_moments.ts";

/** What calibration finds about a network by running some images through it. */
export interface Calibration {
  /** The largest magnitude of each layer's activations, by the layer's name; the last layer has none. */
  readonly ranges: Readonly<Record<string, number>>;
  /** Moments of each layer's inputs by the layer's name; the first layer's are normalised images. */
  readonly moments: Readonly<Record<string, InputMoments>>;
}

/** Patches of each image that count towards a convolution's moments; more of them hardly change it. */
const PATCHES_PER_IMAGE = 25;

/**
 * Runs some images through a network and finds how far its activations reach, and how each layer's inputs
 * vary together. Where activations do not reach far, the scale of int8 can be finer.
 * @throws RangeError if there is no image, or naming one that the network does not take
 */
export async function calibrate(
  architecture: Architecture,
  weights: Weights,
  batches: Batches,
): Promise<Calibration> {
  const { convs, denses } = planQuantized(architecture);
  const stages = [...convs, ...denses];
  const network = new Network(architecture);
  network.setWeights(weights);
  const reach = stages.map(() => 0);
  const sums = stages.map((stage) =>
    new MomentSums("kernel" in stage ? stage.channels * stage.kernel ** 2 : stage.inputs)
  );
  let images = 0;
  for await (const batch of checkedBatches(architecture, batches, "calibration")) {
    images += batch.size;
    network.forward(batch.images, batch.size);
    const activations = network.activations();
    stages.forEach((stage, i) => {
      const input = i === 0 ? batch.images : activations[i - 1]!;
      if ("kernel" in stage) addPatches(sums[i]!, stage, input, batch.size);
      else for (let n = 0; n < batch.size; n++) sums[i]!.add(input, n * stage.inputs, 1);
      for (const x of activations[i] ?? []) reach[i] = Math.max(reach[i]!, Math.abs(x));
    });
  }
  if (images === 0) throw new RangeError("calibration needs images, and there are none");
  return {
    ranges: Object.fromEntries(stages.slice(0, -1).map(({ name }, i) => [name, reach[i]! || 1])),
    moments: Object.fromEntries(stages.map(({ name }, i) => [name, sums[i]!.moments()])),
  };
}

/** Adds patches that are spread over each image, and shifted by one place from image to image. */
function addPatches(
  sums: MomentSums,
  stage: ConvStage,
  images: FloatArray,
  count: number,
): void {
  const { channels, height, width, kernel } = stage;
  const positions = (height - kernel + 1) * (width - kernel + 1);
  const columns = new Float32Array(channels * kernel ** 2 * positions);
  const step = Math.max(1, Math.floor(positions / PATCHES_PER_IMAGE));
  for (let n = 0; n < count; n++) {
    im2col(images, n * channels * height * width, stage, columns);
    for (let at = n % step; at < positions; at += step) sums.add(columns, at, positions);
  }
}
