import {
  type Activation,
  type Architecture,
  isActivation,
  trace,
  type TracedLayer,
} from "../model/architecture.ts";

/** Convolution, 2 × 2 max-pooling and activation as one step of the kernels. */
export interface ConvStage {
  readonly name: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  readonly kernel: number;
  /** Height and width after pooling. */
  readonly outHeight: number;
  readonly outWidth: number;
  readonly activation: Activation;
}

/** A dense layer and the activation after it; the last has none. */
export interface DenseStage {
  readonly name: string;
  readonly inputs: number;
  readonly units: number;
  readonly activation: Activation | undefined;
}

/** A network as the kernels compute it: convolutions first, then dense layers. */
export interface Plan {
  readonly inputLength: number;
  readonly convs: readonly ConvStage[];
  readonly denses: readonly DenseStage[];
}

/**
 * Cuts a network into the kernels' steps: any number of (conv, activation, max-pool 2) in either order of
 * the last two, then flatten, then dense layers with activations between them.
 * @returns a sentence that says what does not fit, if anything does not
 */
export function planKernels(architecture: Architecture): Plan | string {
  const layers = trace(architecture);
  const { channels, height, width } = architecture.input;
  const convs: ConvStage[] = [];
  let i = 0;
  for (; layers[i]?.layer.kind === "conv"; i += 3) {
    const { layer } = layers[i]!;
    if (layer.kind === "conv" && ((layer.stride ?? 1) !== 1 || (layer.padding ?? 0) !== 0)) {
      return `layer ${i} is a convolution with a stride or padding`;
    }
    const stage = convStage(layers.slice(i, i + 3));
    if (stage === undefined) {
      return `layer ${i} is a convolution that no activation and 2 × 2 max-pooling follow`;
    }
    convs.push(stage);
  }
  if (layers[i]?.layer.kind !== "flatten") return `layer ${i} is not what the kernels expect`;
  i++;
  const denses: DenseStage[] = [];
  while (i < layers.length) {
    const { layer, input } = layers[i]!;
    const inputs = input.length === 1 ? input[0] : 0;
    if (layer.kind !== "dense") return `layer ${i} (${layer.kind}) is not a dense layer`;
    const next = layers[i + 1]?.layer;
    const activation = isActivation(next) ? next.kind : undefined;
    const last = i + 1 >= layers.length;
    if ((activation !== undefined) === last) {
      return `layer ${i} is a dense layer without activation that is not the last`;
    }
    denses.push({ name: layer.name, inputs, units: layer.units, activation });
    i += activation ? 2 : 1;
  }
  const output = denses.at(-1);
  if (output === undefined || output.activation !== undefined) return "the last layer is not dense";
  return { inputLength: channels * height * width, convs, denses };
}

function convStage(layers: readonly TracedLayer[]): ConvStage | undefined {
  const [conv, ...rest] = layers;
  const pool = rest.find(({ layer }) => layer.kind === "maxpool")?.layer;
  const activation = rest.map(({ layer }) => layer).find(isActivation)?.kind;
  if (conv?.layer.kind !== "conv" || pool?.kind !== "maxpool" || pool.size !== 2 || !activation) {
    return undefined;
  }
  const [channels = 1, height = 1, width = 1] = conv.input;
  const { name, filters, kernel } = conv.layer;
  const [outHeight, outWidth] = [(height - kernel + 1) / 2, (width - kernel + 1) / 2];
  return { name, channels, height, width, filters, kernel, outHeight, outWidth, activation };
}
