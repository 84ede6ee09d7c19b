/** A network with every kind of layer that LeNet-5 has not, and what real PyTorch makes of it. */
import { type Architecture, parameterShapes } from "../../lib/model/architecture.ts";
import type { WeightArray, Weights } from "../../lib/model/weights.ts";
import type { Batch } from "../../lib/pixels/pixels.ts";
import { elementCount } from "../../lib/util/element_count.ts";

/** The network of tests/fixtures/make_layers.py. */
export const manyLayers: Architecture = {
  name: "many layers",
  input: { channels: 2, height: 16, width: 16 },
  layers: [
    { kind: "conv", name: "conv1", filters: 4, kernel: 3, stride: 2, padding: 1 },
    { kind: "batchnorm", name: "bn1" },
    { kind: "relu" },
    { kind: "avgpool", size: 2 },
    { kind: "conv", name: "conv2", filters: 6, kernel: 3, padding: 1 },
    { kind: "tanh" },
    { kind: "maxpool", size: 2 },
    { kind: "flatten" },
    { kind: "batchnorm", name: "bn2" },
    { kind: "dense", name: "fc1", units: 10 },
    { kind: "tanh" },
    { kind: "dense", name: "fc2", units: 5 },
  ],
};

/** The same without the batch normalisation behind the flatten, which the keras system refuses. */
export const manyLayersForKeras: Architecture = {
  ...manyLayers,
  layers: manyLayers.layers.filter((layer) => !("name" in layer) || layer.name !== "bn2"),
};

/** The starting weights of make_layers.py, by its formula. */
export function formulaWeights(architecture: Architecture): Weights {
  const weights: Record<string, WeightArray> = {};
  let a = 0;
  for (const { name, shape, startsAt = 0, isStatistic } of parameterShapes(architecture)) {
    const length = elementCount(shape), own = isStatistic ? 0 : a++;
    const at = (i: number) => startsAt + (isStatistic ? 0 : 0.3 * Math.sin(1.7 * i + own));
    weights[name] = { shape, data: Float32Array.from({ length }, (_, i) => at(i)) };
  }
  return weights;
}

/** Batch `b` of make_layers.py. */
export function layersBatch(b: number, size = 6): Batch {
  const images = new Float32Array(size * 512), labels = new Int32Array(size);
  for (let k = 0; k < size; k++) {
    const n = b * size + k;
    labels[k] = (3 * n + 1) % 5;
    for (let i = 0; i < 512; i++) images[k * 512 + i] = Math.sin(0.9 * n + 0.37 * i);
  }
  return { size, images, labels };
}

/** What real PyTorch does. */
export interface LayersFixture {
  readonly losses: number[];
  readonly gradients: Readonly<Record<string, number[]>>;
  readonly statistics: Readonly<Record<string, number[]>>;
  readonly logits: number[];
}

export async function layersFixture(): Promise<LayersFixture> {
  const path = new URL("../fixtures/frameworks/layers.json", import.meta.url);
  return JSON.parse(await Deno.readTextFile(path));
}
