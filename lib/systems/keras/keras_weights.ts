import { type Architecture, parameterShapes, trace } from "../../model/architecture.ts";
import { type WeightArray, weightArray, type Weights } from "../../model/weights.ts";

/**
 * Keras keeps channels last. Against the common form a conv kernel is (height, width, in, out), a
 * dense kernel (inputs, units), and the dense layer behind `flatten` sees its inputs in the order
 * (height, width, channels). These maps go from Keras's index to the common one.
 */
interface KernelMap {
  readonly name: string;
  readonly commonShape: readonly number[];
  readonly kerasShape: readonly number[];
  /** Position in the common array of each element of Keras's. */
  readonly order: Int32Array;
}

function kernelMaps(architecture: Architecture): KernelMap[] {
  let flattened: readonly number[] | undefined;
  return trace(architecture).flatMap(({ layer, input }): KernelMap[] => {
    if (layer.kind === "flatten") flattened = input;
    if (layer.kind === "conv") {
      const [channels, k, filters] = [input[0], layer.kernel, layer.filters];
      const order = new Int32Array(filters * channels * k * k);
      let at = 0;
      for (let y = 0; y < k; y++) {
        for (let x = 0; x < k; x++) {
          for (let c = 0; c < channels; c++) {
            for (let f = 0; f < filters; f++) order[at++] = ((f * channels + c) * k + y) * k + x;
          }
        }
      }
      const commonShape = [filters, channels, k, k];
      return [{ name: layer.name, commonShape, kerasShape: [k, k, channels, filters], order }];
    }
    if (layer.kind === "dense") {
      const [inputs, units] = [input[0], layer.units];
      const [channels = inputs, height = 1, width = 1] = flattened ?? [];
      flattened = undefined;
      const order = new Int32Array(inputs * units);
      let at = 0;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          for (let c = 0; c < channels; c++) {
            const column = (c * height + y) * width + x;
            for (let u = 0; u < units; u++) order[at++] = u * inputs + column;
          }
        }
      }
      return [{
        name: layer.name,
        commonShape: [units, inputs],
        kerasShape: [inputs, units],
        order,
      }];
    }
    return [];
  });
}

/**
 * Names of the arrays of `model.getWeights`: first what is trained, layer by layer, then the running
 * statistics.
 */
export function kerasOrder(architecture: Architecture): string[] {
  const shapes = parameterShapes(architecture);
  return [
    ...shapes.filter(({ isStatistic }) => !isStatistic),
    ...shapes.filter((s) => s.isStatistic),
  ]
    .map(({ name }) => name);
}

const mapsOf = new WeakMap<Architecture, Map<string, KernelMap>>();

/** The kernels by the names of their arrays; made once, since each `fit` looks at all weights at its end. */
function mapsByName(architecture: Architecture): Map<string, KernelMap> {
  let maps = mapsOf.get(architecture);
  if (maps === undefined) {
    maps = new Map(kernelMaps(architecture).map((map) => [`${map.name}.weight`, map]));
    mapsOf.set(architecture, maps);
  }
  return maps;
}

/** The shapes that arrays have in Keras, by the names that they have here. */
export function kerasShapes(architecture: Architecture): Map<string, readonly number[]> {
  const maps = mapsByName(architecture);
  return new Map(
    parameterShapes(architecture).map(({ name, shape }) => [
      name,
      maps.get(name)?.kerasShape ?? shape,
    ]),
  );
}

/** The arrays of `model.setWeights`. */
export function toKeras(architecture: Architecture, weights: Weights): WeightArray[] {
  const maps = mapsByName(architecture);
  return kerasOrder(architecture).map((name) => {
    const array = weightArray(weights, name), map = maps.get(name);
    if (!map) return array;
    const data = Float32Array.from(map.order, (index) => array.data[index]!);
    return { shape: map.kerasShape, data };
  });
}

/** The other way: from the arrays of `model.getWeights`. */
export function fromKeras(architecture: Architecture, arrays: readonly WeightArray[]): Weights {
  const maps = mapsByName(architecture);
  const found: Record<string, WeightArray> = {};
  kerasOrder(architecture).forEach((name, i) => {
    const { shape, data } = arrays[i]!, map = maps.get(name);
    if (!map) {
      found[name] = { shape, data: Float32Array.from(data) };
      return;
    }
    const common = new Float32Array(data.length);
    for (let at = 0; at < data.length; at++) common[map.order[at]!] = data[at]!;
    found[name] = { shape: map.commonShape, data: common };
  });
  const names = parameterShapes(architecture).map(({ name }) => name);
  return Object.fromEntries(names.map((name) => [name, found[name]!]));
}
