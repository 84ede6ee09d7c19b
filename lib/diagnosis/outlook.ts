import { type Architecture, type Layer, lenet5 } from "../model/architecture.ts";
import type { PreprocessOptions } from "../pixels/preprocess.ts";
import { recipes } from "../runs/recipes.ts";
import { runConfiguration } from "../runs/run_configuration.ts";
import type { SweepEntry, SweepList } from "../runs/sweep_list.ts";

/** Name of the entry that the others are compared with. */
export const plainNetwork = "LeNet-5 on 32×32 grey";

type Network = (layers: readonly Layer[]) => Layer[];

/** Puts layers behind each layer of some kinds. */
const behind = (kinds: readonly Layer["kind"][], ...more: readonly Layer[]): Network => (layers) =>
  layers.flatMap((layer) => kinds.includes(layer.kind) ? [layer, ...more] : [layer]);

const averagePooling: Network = (layers) =>
  layers.map((layer) => layer.kind === "maxpool" ? { kind: "avgpool", size: layer.size } : layer);

/** Behind each convolution and each hidden dense layer, before the activation. */
const batchNormalisation: Network = (layers) =>
  layers.flatMap((layer, i): Layer[] =>
    "name" in layer && i < layers.length - 1
      ? [layer, { kind: "batchnorm", name: `${layer.name}_norm` }]
      : [layer]
  );

/** Behind the activation of each hidden dense layer. */
const dropout: Network = (layers) => {
  const flatten = layers.findIndex(({ kind }) => kind === "flatten");
  const dense = behind(["tanh"], { kind: "dropout", rate: 0.5 });
  return [...layers.slice(0, flatten), ...dense(layers.slice(flatten))];
};

const moreFilters: Network = (layers) =>
  layers.map((layer) => layer.kind === "conv" ? { ...layer, filters: 2 * layer.filters } : layer);

/** A third one, 3 × 3 with 16 filters, behind the second and its activation. */
const oneMoreConvolution: Network = (layers) => {
  const pooling = layers.findLastIndex(({ kind }) => kind === "maxpool");
  const conv: Layer = { kind: "conv", name: "conv3", filters: 16, kernel: 3 };
  return [...layers.slice(0, pooling), conv, { kind: "tanh" }, ...layers.slice(pooling)];
};

/**
 * What the paper ends by asking: which preprocessing and which stacking of layers would do better. Each
 * entry differs from the first in one thing; all train as `recipes.corrected` says, on the torch system.
 */
export function outlookList(classes: number): SweepList {
  const plain = lenet5(classes);
  const entry = (
    name: string,
    architecture: Architecture,
    preprocess?: Partial<PreprocessOptions>,
  ): SweepEntry => ({
    name,
    configuration: runConfiguration({
      system: "torch",
      backend: "kernels",
      architecture,
      ...recipes.corrected,
    }),
    ...(preprocess ? { preprocess } : {}),
  });
  const seen = (channels: number, side: number) =>
    lenet5(classes, { input: { channels, height: side, width: side } });
  const stacked = (name: string, network: Network) =>
    entry(name, { ...plain, name: `LeNet-5, ${name}`, layers: network(plain.layers) });
  return [
    entry(plainNetwork, plain),
    entry("colour", seen(3, 32), { colour: true }),
    entry("64×64 pixels", seen(1, 64), { width: 64, height: 64 }),
    entry("antialiased", plain, { filter: "antialiased" }),
    entry("cropped, not squashed", plain, { framing: "crop" }),
    entry("ReLU", lenet5(classes, { convActivation: "relu", denseActivation: "relu" })),
    stacked("average pooling", averagePooling),
    stacked("batch normalisation", batchNormalisation),
    stacked("dropout of one half", dropout),
    stacked("twice the filters", moreFilters),
    stacked("one more convolution", oneMoreConvolution),
  ];
}
