/**
 * A network described as data: what every system builds, Figure 1 draws and the counts are read
 * from. LeNet-5 has "plain" layers only, which everything here takes. The others are for the torch and the
 * keras system; whatever cannot take them refuses them by name (`requirePlainLayers`).
 */
import { checkArchitecture, layerTitle, requireKeys, requireSize } from "./check_architecture.ts";

/** Applied to every number by itself. The paper's text has tanh throughout, its code all three. */
export type Activation = "tanh" | "sigmoid" | "relu";
/** The activation functions. */
export const activations: readonly Activation[] = ["tanh", "sigmoid", "relu"];

/** Activations for the torch and the keras system, with PyTorch's constants. */
export type FurtherActivation = "leaky_relu" | "elu" | "gelu" | "silu" | "softplus";
/** These activation functions. */
export const furtherActivations: readonly FurtherActivation[] = [
  "leaky_relu",
  "elu",
  "gelu",
  "silu",
  "softplus",
];

/** Whether a layer is one of the plain activations. */
export function isActivation(layer: Layer | undefined): layer is { readonly kind: Activation } {
  return (activations as readonly (string | undefined)[]).includes(layer?.kind);
}

/** A layer of a network, in the order of computation. */
export type Layer =
  | {
    readonly kind: "conv";
    readonly name: string;
    readonly filters: number;
    readonly kernel: number;
    /** Steps between the places of the kernel; 1 where it is absent. */
    readonly stride?: number;
    /** Rows and columns of zeros put around the input; 0 where it is absent. */
    readonly padding?: number;
  }
  | { readonly kind: Activation }
  /** Another function of every number by itself. */
  | { readonly kind: "activation"; readonly function: FurtherActivation }
  | { readonly kind: "maxpool"; readonly size: number }
  /** The mean of each window, where `maxpool` has the largest number. */
  | { readonly kind: "avgpool"; readonly size: number }
  /**
   * Normalises each channel, or each number of a flat input, over the batch, then scales and shifts it
   * (Ioffe & Szegedy 2015). A tenth of the running statistics is renewed in each step, and 1e-5 is added to
   * variances, as by default in PyTorch. Inference takes the running statistics.
   */
  | { readonly kind: "batchnorm"; readonly name: string }
  /** In training puts numbers to 0 with this probability, and divides the others by what is left of 1. */
  | { readonly kind: "dropout"; readonly rate: number }
  | { readonly kind: "flatten" }
  | { readonly kind: "dense"; readonly name: string; readonly units: number };

/** Images of one size in, logits out. */
export interface Architecture {
  /** For tables and figures. */
  readonly name: string;
  /** Size of the images, in pixels. */
  readonly input: { readonly channels: number; readonly height: number; readonly width: number };
  /** From the images to the logits. */
  readonly layers: readonly Layer[];
}

/** (channels, height, width), or (units) after `flatten`. */
export type Shape = readonly [number, number, number] | readonly [number];

/** One layer with its shapes and its costs for one image. */
export interface TracedLayer {
  /** The layer. */
  readonly layer: Layer;
  /** Shape of what goes in, without the batch. */
  readonly input: Shape;
  /** Shape of what comes out, without the batch. */
  readonly output: Shape;
  /** Weights and biases. */
  readonly parameters: number;
  /** Multiply-adds of the forward pass. */
  readonly multiplyAdds: number;
}

/** One array of a network's weights, in PyTorch's name and layout. */
export interface ParameterShape {
  /** The array's name: the layer's and `.weight` or `.bias`. */
  readonly name: string;
  /** Conv weight (filters, channels, kernel, kernel); dense weight (units, inputs); bias (units). */
  readonly shape: readonly number[];
  /** Inputs that one output unit sums over. */
  readonly fanIn: number;
  /** Outputs that one input unit reaches. */
  readonly fanOut: number;
  /** What all its numbers are at first, where they are not drawn. */
  readonly startsAt?: number;
  /** Whether it is a running statistic, which no optimizer changes; absent: false. */
  readonly isStatistic?: true;
}

/** Ways in which a LeNet-5 may differ from the paper's text. */
export interface LenetOptions {
  /** Size of the images; 1 × 32 × 32 by default. */
  readonly input?: Architecture["input"];
  /** After the convolutions; default tanh. */
  readonly convActivation?: Activation;
  /** After the hidden dense layers; default tanh. */
  readonly denseActivation?: Activation;
}

const lenetKeys: Record<keyof LenetOptions, true> = {
  input: true,
  convActivation: true,
  denseActivation: true,
};

/**
 * The paper's network (LeCun et al. 1998, with max-pooling and one dense layer as output).
 * @throws RangeError naming an option that is unknown, or whose value no network can have
 */
export function lenet5(classes = 50, options: LenetOptions = {}): Architecture {
  requireKeys("lenet5", "lenet5", options, lenetKeys);
  const {
    input = { channels: 1, height: 32, width: 32 },
    convActivation = "tanh",
    denseActivation = "tanh",
  } = options;
  const architecture: Architecture = {
    name: "LeNet-5",
    input,
    layers: [
      { kind: "conv", name: "conv1", filters: 6, kernel: 5 },
      { kind: convActivation },
      { kind: "maxpool", size: 2 },
      { kind: "conv", name: "conv2", filters: 16, kernel: 5 },
      { kind: convActivation },
      { kind: "maxpool", size: 2 },
      { kind: "flatten" },
      { kind: "dense", name: "fc1", units: 120 },
      { kind: denseActivation },
      { kind: "dense", name: "fc2", units: 84 },
      { kind: denseActivation },
      { kind: "dense", name: "fc3", units: classes },
    ],
  };
  trace(architecture);
  return architecture;
}

/**
 * Checks a network and follows the shapes through it. Everything that builds a network, counts its
 * numbers or names its weights goes through here, so that no system ever sees a network that another
 * one would read otherwise.
 * @throws RangeError naming the layer that is of an unknown kind, has an unknown option, has a size
 * that is no whole number of at least 1, or does not fit its input
 */
export function trace(architecture: Architecture): TracedLayer[] {
  checkArchitecture(architecture);
  const { channels, height, width } = architecture.input;
  let shape: Shape = [channels, height, width];
  return architecture.layers.map((layer, index) => {
    const input = shape;
    const where = layerTitle(layer, index);
    let parameters = 0;
    let multiplyAdds = 0;
    switch (layer.kind) {
      case "conv": {
        const [c, h, w] = spatial(where, input);
        const { filters, kernel, stride = 1, padding = 0 } = layer;
        const [rows, columns] = [h + 2 * padding, w + 2 * padding];
        if (kernel > rows || kernel > columns) {
          const size = padding > 0 ? `padded input ${rows}×${columns}` : `input ${h}×${w}`;
          throw new RangeError(`${where}: kernel ${kernel} is larger than its ${size}`);
        }
        const places = (length: number) => Math.floor((length - kernel) / stride) + 1;
        const output: Shape = [filters, places(rows), places(columns)];
        parameters = filters * (c * kernel * kernel + 1);
        multiplyAdds = filters * output[1] * output[2] * c * kernel * kernel;
        shape = output;
        break;
      }
      case "maxpool":
      case "avgpool": {
        const [c, h, w] = spatial(where, input);
        const { size } = layer;
        if (h % size !== 0 || w % size !== 0) {
          throw new RangeError(`${where}: input ${h}×${w} is not a multiple of pool size ${size}`);
        }
        shape = [c, h / size, w / size];
        break;
      }
      case "flatten": {
        const [c, h, w] = spatial(where, input);
        shape = [c * h * w];
        break;
      }
      case "dense": {
        if (input.length !== 1) {
          throw new RangeError(
            `${where}: needs a flat input, got ${input.join("×")}; add a flatten`,
          );
        }
        parameters = layer.units * (input[0] + 1);
        multiplyAdds = layer.units * input[0];
        shape = [layer.units];
        break;
      }
      case "batchnorm":
        parameters = 2 * input[0];
        break;
      case "tanh":
      case "sigmoid":
      case "relu":
      case "activation":
      case "dropout":
        break;
      default:
        layer satisfies never;
    }
    requireSize(
      where,
      "the number of its outputs",
      shape.reduce((product, side) => product * side, 1),
    );
    if (parameters > 0) requireSize(where, "the number of its parameters", parameters);
    return { layer, input, output: shape, parameters, multiplyAdds };
  });
}

/** Weights and biases of a network; running statistics are not counted, as in PyTorch. */
export function countParameters(architecture: Architecture): number {
  return trace(architecture).reduce((sum, layer) => sum + layer.parameters, 0);
}

/** Multiply-adds of the forward pass of one image. Biases, activations and pooling are not counted. */
export function countMultiplyAdds(architecture: Architecture): number {
  return trace(architecture).reduce((sum, layer) => sum + layer.multiplyAdds, 0);
}

/** Length of the network's output. */
export function countClasses(architecture: Architecture): number {
  const output = trace(architecture).at(-1)?.output;
  if (output?.length !== 1) {
    throw new RangeError(`${architecture.name} does not end in a dense layer`);
  }
  return output[0];
}

/** Every array of the weights in order, weight before bias, running statistics after them. */
export function parameterShapes(architecture: Architecture): ParameterShape[] {
  return trace(architecture).flatMap(({ layer, input, output }) => {
    if (layer.kind === "conv") {
      const area = layer.kernel * layer.kernel;
      const fans = { fanIn: input[0] * area, fanOut: layer.filters * area };
      const shape = [layer.filters, input[0], layer.kernel, layer.kernel];
      return [
        { name: `${layer.name}.weight`, shape, ...fans },
        { name: `${layer.name}.bias`, shape: [layer.filters], ...fans },
      ];
    }
    if (layer.kind === "dense") {
      const fans = { fanIn: input[0], fanOut: output[0] };
      return [
        { name: `${layer.name}.weight`, shape: [layer.units, input[0]], ...fans },
        { name: `${layer.name}.bias`, shape: [layer.units], ...fans },
      ];
    }
    if (layer.kind === "batchnorm") {
      const [channels] = input;
      return [["weight", 1], ["bias", 0], ["running_mean", 0], ["running_var", 1]].map((
        [array, startsAt],
      ) => ({
        ...{ name: `${layer.name}.${array}`, shape: [channels], fanIn: 1, fanOut: 1 },
        startsAt: Number(startsAt),
        ...(String(array).startsWith("running") ? { isStatistic: true as const } : {}),
      }));
    }
    return [];
  });
}

/** What a layer has that no layer of LeNet-5 has; undefined if there is nothing of the kind. */
function extraOf(layer: Layer): string | undefined {
  return layer.kind === "conv"
    ? (layer.stride ?? 1) !== 1 ? "a stride" : (layer.padding ?? 0) !== 0 ? "padding" : undefined
    : layer.kind === "activation"
    ? layer.function
    : ["avgpool", "batchnorm", "dropout"].includes(layer.kind)
    ? layer.kind
    : undefined;
}

/** Whether a network has the layers of LeNet-5 alone. */
export function hasPlainLayers({ layers }: Architecture): boolean {
  return layers.every((layer) => extraOf(layer) === undefined);
}

/**
 * Refuses layers that LeNet-5 has none of, for what can take no others.
 * @param whose begins the message: "the numpy system", say
 * @throws RangeError naming the first such layer
 */
export function requirePlainLayers(whose: string, { layers }: Architecture): void {
  layers.forEach((layer, index) => {
    const extra = extraOf(layer);
    if (extra === undefined) return;
    throw new RangeError(
      `${whose} cannot take ${layerTitle(layer, index)}: ${extra} is for the torch and the keras ` +
        "system only",
    );
  });
}

function spatial(where: string, shape: Shape): readonly [number, number, number] {
  if (shape.length !== 3) {
    throw new RangeError(`${where}: needs (channels, height, width), got a flat ${shape[0]}`);
  }
  return shape;
}
