/** The networks of the round trips: trained ones, and one with every kind of layer. */
import { calibrate } from "../../lib/compression/quantization/calibrate.ts";
import { quantizeModel } from "../../lib/compression/quantization/quantized_model.ts";
import { applyMasks, globalMagnitudeMasks } from "../../lib/compression/masks.ts";
import { pruneStructured } from "../../lib/compression/structured.ts";
import type { Int8Network, PortableNetwork } from "../../lib/formats/portable_network.ts";
import { type Architecture, lenet5, parameterShapes } from "../../lib/model/architecture.ts";
import type { WeightArray, Weights } from "../../lib/model/weights.ts";
import type { DatasetPixels } from "../../lib/pixels/load_pixels.ts";
import { batches, type Run } from "../../lib/runs/run.ts";
import { elementCount } from "../../lib/util/element_count.ts";
import { Rng } from "../../lib/util/rng.ts";

/** A network and the images that it is asked about. */
export interface Traveller {
  /** What the table calls it. */
  readonly name: string;
  readonly network: PortableNetwork;
  /** Bytes, (n, channels, height, width). */
  readonly images: Uint8Array;
}

/** A network with every kind of layer, for images of two channels. */
export const everyLayer: Architecture = {
  name: "every layer",
  input: { channels: 2, height: 12, width: 20 },
  layers: [
    { kind: "conv", name: "conv1", filters: 3, kernel: 3, padding: 1 },
    { kind: "batchnorm", name: "bn1" },
    { kind: "relu" },
    { kind: "avgpool", size: 2 },
    { kind: "conv", name: "conv2", filters: 5, kernel: 2, stride: 2, padding: 1 },
    { kind: "sigmoid" },
    { kind: "dropout", rate: 0.2 },
    { kind: "conv", name: "conv3", filters: 4, kernel: 3, padding: 1 },
    { kind: "tanh" },
    { kind: "maxpool", size: 2 },
    { kind: "flatten" },
    { kind: "dense", name: "fc1", units: 9 },
    { kind: "batchnorm", name: "bn2" },
    { kind: "tanh" },
    { kind: "dense", name: "fc2", units: 5 },
  ],
};

/** Weights from a seed, scaled to what they sum over; variances from ½ to 1½. */
export function seededWeights(architecture: Architecture, seed: number): Weights {
  const rng = new Rng(seed).fork("round trips"), weights: Record<string, WeightArray> = {};
  for (const { name, shape, fanIn } of parameterShapes(architecture)) {
    const data = Float32Array.from({ length: elementCount(shape) }, () => {
      const x = 2 * rng.uniform() - 1;
      return name.endsWith("running_var") ? 1 + x / 2 : x * Math.sqrt(3 / fanIn);
    });
    weights[name] = { shape, data };
  }
  return weights;
}

/** Images of noise. */
export function noise({ input: { channels, height, width } }: Architecture, count: number) {
  const rng = new Rng(7).fork("noise");
  return Uint8Array.from({ length: count * channels * height * width }, () => rng.int(256));
}

/** The trained network in all its forms, asked about the validation and test images, and others. */
export async function travellers(run: Run, data: DatasetPixels, classes: readonly string[]) {
  const { weights, normalisation, configuration: { architecture } } = run;
  const images = Uint8Array.from([...data.val.pixels, ...data.test.pixels]);
  const more = { normalisation, classes };
  const float = { architecture, weights, ...more };
  const masks = globalMagnitudeMasks(architecture, weights, 0.6);
  const smaller = pruneStructured(architecture, weights, { conv: 0.25, dense: 0.4 });
  const int8 = async (architecture: Architecture, weights: Weights): Promise<Int8Network> => {
    const loader = batches(data.val, normalisation, { batchSize: 256 });
    const found = await calibrate(architecture, weights, loader);
    return {
      model: quantizeModel(architecture, weights, normalisation, "channel", found),
      classes,
    };
  };
  const colour = lenet5(10, {
    input: { channels: 3, height: 32, width: 32 },
    convActivation: "relu",
    denseActivation: "sigmoid",
  });
  const seeded = (architecture: Architecture) => ({
    architecture,
    weights: seededWeights(architecture, 1),
    images: noise(architecture, 256),
    normalisation: { mean: 120.5, std: 61.3 },
  });
  const plain = (name: string, { images, ...network }: ReturnType<typeof seeded>): Traveller => ({
    name,
    network,
    images,
  });
  const list: Traveller[] = [
    { name: "trained LeNet-5, float32", network: float, images },
    {
      name: "trained LeNet-5, 60 % of the weights 0",
      network: { ...float, weights: applyMasks(weights, masks) },
      images,
    },
    {
      name: "trained LeNet-5, filters and units removed",
      network: { ...smaller, ...more },
      images,
    },
    { name: "trained LeNet-5, int8", network: await int8(architecture, weights), images },
    {
      name: "trained LeNet-5, filters and units removed, int8",
      network: await int8(smaller.architecture, smaller.weights),
      images,
    },
    plain("colour, ReLU and sigmoid, random weights", seeded(colour)),
    plain("every kind of layer, random weights", seeded(everyLayer)),
  ];
  return list;
}
