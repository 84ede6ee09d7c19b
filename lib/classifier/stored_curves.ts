/**
 * The formulas of an int8 network's activations, as arrays of its file. Another program needs no function
 * for them, and no JavaScript engine's rounding of `Math.atanh` changes what a file answers.
 */
import { firstNonFinite } from "../model/finite.ts";
import { planQuantized } from "../compression/quantization/plan_quantized.ts";
import { layerCurve, type QuantizedModel } from "../compression/quantization/quantized_model.ts";
import type { ActivationCurve } from "../compression/quantization/quantized_activation.ts";
import type { TypedArray, TypedArrays } from "../model/safetensors.ts";

/** What is put behind a layer's name. */
const ending = ".curve";

/** How far a curve in a file may be from the one that is computed here, relative to it: a few roundings. */
const tolerance = 2 ** -20;

/** A curve for each layer of a model that an activation follows. */
export function storedCurves(model: QuantizedModel): TypedArrays {
  const { convs, denses } = planQuantized(model.architecture);
  return Object.fromEntries(
    [...convs, ...denses].flatMap(({ name, activation }, i) => {
      if (!activation) return [];
      const data = layerCurve(model.layers[i]!, activation);
      return [[name + ending, { shape: [data.length], data }] as const];
    }),
  );
}

/** Takes the curves, by layer, from a file's other arrays. */
export function takeCurves(arrays: TypedArrays) {
  const isCurve = ([name]: readonly [string, unknown]) => name.endsWith(ending);
  const entries = Object.entries(arrays);
  return {
    curves: new Map(
      entries.filter(isCurve).map(([name, { data }]) => [name.slice(0, -ending.length), data]),
    ),
    others: Object.fromEntries(entries.filter((entry) => !isCurve(entry))) as TypedArrays,
  };
}

/**
 * A model with the curves of its file, which must be those of its activations and output scales.
 * @param bad makes the error that is thrown from what is wrong
 */
export function withCurves(
  model: QuantizedModel,
  curves: ReadonlyMap<string, TypedArray>,
  bad: (why: string) => Error,
): QuantizedModel {
  const { convs, denses } = planQuantized(model.architecture);
  const stages = [...convs, ...denses];
  const activated = new Set(stages.filter(({ activation }) => activation).map(({ name }) => name));
  const other = [...curves.keys()].find((name) => !activated.has(name));
  if (other !== undefined) throw bad(`${other}${ending} belongs to no layer with an activation`);
  return {
    ...model,
    layers: model.layers.map((layer, i) => {
      const { name, activation } = stages[i]!;
      if (!activation) return layer;
      const curve = curves.get(name);
      if (!curve) throw bad(`${name}${ending} is missing`);
      const own = layerCurve(layer, activation);
      if (!(curve instanceof Float32Array) || !isNear(curve, own)) {
        throw bad(`${name}${ending} is not the curve of ${activation} for its output scale`);
      }
      return { ...layer, curve };
    }),
  };
}

function isNear(curve: ActivationCurve, own: ActivationCurve): boolean {
  return curve.length === own.length && firstNonFinite(curve) < 0 &&
    own.every((x, i) => x === curve[i] || Math.abs(curve[i]! - x) <= tolerance * Math.abs(x));
}
