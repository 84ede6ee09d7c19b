/**
 * Refuses an architecture that the systems would build otherwise than it reads. `deno run` checks no
 * types, and a layer option that nobody looks at (a stride, say) would be ignored without a word.
 */
import { type Architecture, furtherActivations, type Layer } from "./architecture.ts";
import { refuseUnknown } from "../util/refuse_unknown.ts";
import { describe } from "./describe.ts";

/** The type of the layers of one kind. */
type LayerOf<Kind> = Layer extends infer L
  ? L extends { readonly kind: infer K } ? Kind extends K ? L : never : never
  : never;

/** The keys that a layer of each kind may have, and no others. */
const layerKeys: { readonly [Kind in Layer["kind"]]: Record<keyof LayerOf<Kind>, true> } = {
  conv: { kind: true, name: true, filters: true, kernel: true, stride: true, padding: true },
  maxpool: { kind: true, size: true },
  avgpool: { kind: true, size: true },
  batchnorm: { kind: true, name: true },
  dropout: { kind: true, rate: true },
  flatten: { kind: true },
  dense: { kind: true, name: true, units: true },
  tanh: { kind: true },
  sigmoid: { kind: true },
  relu: { kind: true },
  activation: { kind: true, function: true },
};

const architectureKeys: Record<keyof Architecture, true> = {
  name: true,
  input: true,
  layers: true,
};
const inputKeys: Record<keyof Architecture["input"], true> = {
  channels: true,
  height: true,
  width: true,
};

/** Said about options that other libraries have and this one has not. */
const hints: Readonly<Record<string, string>> = {
  stride: "; pooling windows do not overlap",
  padding: "; only convolutions have padding",
  activation: "; an activation is a layer of its own",
};

/** The largest size that a network may declare: a number that every typed array can count to. */
const largestSize = 2 ** 31 - 1;

/**
 * Checks everything about a network that can be checked layer by layer: the kinds of its layers, their
 * options, their names and their sizes. Whether each layer fits its input is for `trace` to find,
 * which calls this function first.
 * @throws RangeError naming the layer and what is unknown, missing or not a whole number
 */
export function checkArchitecture(architecture: Architecture): void {
  requireObject("the architecture", architecture);
  requireKeys("the architecture", "an architecture", architecture, architectureKeys);
  requireText("the architecture", "name", architecture.name);
  const { input, layers } = architecture;
  requireObject("input", input);
  requireKeys("input", "an input", input, inputKeys);
  for (const key of ["channels", "height", "width"] as const) requireSize("input", key, input[key]);
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new RangeError(`${architecture.name}: layers must be a list of at least one layer`);
  }
  const names = new Set<string>();
  layers.forEach((layer: Layer, index) => {
    checkLayer(layer, index);
    if (!("name" in layer)) return;
    if (names.has(layer.name)) throw new RangeError(`two layers are named ${layer.name}`);
    names.add(layer.name);
  });
}

function checkLayer(layer: Layer, index: number): void {
  requireObject(`layer ${index}`, layer);
  const { kind } = layer;
  if (typeof kind !== "string" || !Object.hasOwn(layerKeys, kind)) {
    throw new RangeError(
      `layer ${index} has the unknown kind ${describe(kind)}; there are ` +
        Object.keys(layerKeys).join(", "),
    );
  }
  const where = layerTitle(layer, index);
  requireKeys(where, `a ${kind} layer`, layer, layerKeys[kind]);
  switch (layer.kind) {
    case "conv":
      requireName(where, layer.name);
      requireSize(where, "filters", layer.filters);
      requireSize(where, "kernel", layer.kernel);
      if (layer.stride !== undefined) requireSize(where, "stride", layer.stride);
      if (layer.padding !== undefined && layer.padding !== 0) {
        requireSize(where, "padding", layer.padding);
      }
      break;
    case "dense":
      requireName(where, layer.name);
      requireSize(where, "units", layer.units);
      break;
    case "maxpool":
    case "avgpool":
      requireSize(where, "size", layer.size);
      break;
    case "batchnorm":
      requireName(where, layer.name);
      break;
    case "dropout":
      if (!(layer.rate >= 0 && layer.rate < 1)) {
        throw new RangeError(`${where}: rate must be in [0, 1), got ${describe(layer.rate)}`);
      }
      break;
    case "activation":
      if (!furtherActivations.includes(layer.function)) {
        throw new RangeError(
          `${where}: function must be one of ${furtherActivations.join(", ")}, got ${
            describe(layer.function)
          }`,
        );
      }
      break;
    case "flatten":
    case "tanh":
    case "sigmoid":
    case "relu":
      break;
    default:
      layer satisfies never;
  }
}

/** What error messages call a layer: its name, or its kind and its place. */
export function layerTitle(layer: Layer, index: number): string {
  return "name" in layer && typeof layer.name === "string" && layer.name !== ""
    ? layer.name
    : `${layer.kind} (layer ${index})`;
}

/** @throws RangeError unless `value` is a whole number from 1 to 2³¹ − 1 */
export function requireSize(where: string, what: string, value: unknown): void {
  if (!Number.isInteger(value) || (value as number) < 1) {
    throw new RangeError(
      `${where}: ${what} must be a whole number of at least 1, got ${describe(value)}`,
    );
  }
  if ((value as number) > largestSize) {
    throw new RangeError(
      `${where}: ${what} must be at most ${largestSize}, got ${describe(value)}`,
    );
  }
}

/** @throws RangeError naming the first key of `object` that `known` does not have, or if it is no object */
export function requireKeys(
  where: string,
  article: string,
  object: object,
  known: Readonly<Record<string, true>>,
): void {
  if (typeof object !== "object" || object === null) {
    throw new RangeError(`${where}: the options must be an object, got ${describe(object)}`);
  }
  refuseUnknown(where, object, known, article, hints);
}

function requireObject(where: string, value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RangeError(`${where} must be an object, got ${describe(value)}`);
  }
}

function requireText(where: string, what: string, value: unknown): void {
  if (typeof value !== "string" || value === "") {
    throw new RangeError(`${where}: ${what} must be a text, got ${describe(value)}`);
  }
}

/** A dot would make `layer.weight` ambiguous. */
function requireName(where: string, name: unknown): void {
  requireText(where, "name", name);
  if ((name as string).includes(".")) {
    throw new RangeError(`${where}: a layer's name must not contain a dot`);
  }
}
