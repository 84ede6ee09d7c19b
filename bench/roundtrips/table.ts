import { type Cell, Table } from "../../lib/report/table.ts";
import { wilson } from "../../lib/metrics/wilson.ts";
import type { Journey, Route } from "./measure.ts";

/** What the other side is, by format. */
export type Sides = Readonly<Record<Route, string>>;

const titles: Readonly<Record<Route, string>> = {
  onnx: "ONNX",
  keras: "Keras, .keras",
  kerasWeights: "Keras, .weights.h5",
  tfjs: "TensorFlow.js, LayersModel",
  pytorch: "PyTorch, state dict in safetensors",
};

/** The largest difference of a logit that float32 may have, and the least share of int8's equal classes. */
export const promises = { difference: 1e-5, sameClass: 0.99 };

/** The journeys side by side. */
export function roundtripsTable(
  journeys: readonly Journey[],
  sides: Sides,
  notes: readonly string[],
): Table {
  return new Table({
    title: "Networks in other frameworks and back",
    columns: [
      { key: "format", label: "file" },
      { key: "side", label: "computed by" },
      { key: "network", label: "network" },
      { key: "images", label: "images" },
      { key: "largest", label: "largest logit", digits: 2 },
      { key: "difference", label: "largest difference of a logit", align: "right" },
      { key: "sameClass", label: "same class (95 %)", align: "right" },
      { key: "layers", label: "layers come back" },
      { key: "weights", label: "weights come back", align: "right" },
      { key: "size", label: "file, kB", digits: 1 },
    ],
    rows: journeys.map((one): Record<string, Cell> => ({
      format: titles[one.route],
      side: sides[one.route],
      network: one.name,
      images: one.images,
      largest: one.largest,
      size: one.bytes / 1000,
      difference: power(one.difference),
      sameClass: wilson(Math.round(one.sameClass * one.images), one.images),
      // a file of weights alone has no layers
      ...(["kerasWeights", "pytorch"].includes(one.route) ? {} : { layers: one.sameLayers }),
      weights: one.weightDifference === 0 ? "to the bit" : `to ${power(one.weightDifference)}`,
    })),
    notes: [
      "The file is written here; the framework that it is for computes the logits of the same images from " +
      "it, and writes the network again. That second file is read here and compared with the network that " +
      "was sent. Differences are from the logits that this project computes.",
      ...notes,
    ],
  });
}

/** What the journeys do not keep of the promises; none if all is well. */
export function broken(journeys: readonly Journey[]): string[] {
  return journeys.flatMap((one) => {
    const where = `${titles[one.route]}, ${one.name}`;
    const isNear = one.isInt8
      ? one.sameClass >= promises.sameClass
      : one.difference <= promises.difference;
    const isBack = one.weightDifference === 0 &&
      (one.sameLayers || ["kerasWeights", "pytorch"].includes(one.route));
    return [
      ...(isNear ? [] : [`${where}: logits differ by ${power(one.difference)}`]),
      ...(isBack ? [] : [`${where}: the network does not come back`]),
    ];
  });
}

function power(x: number): string {
  return x === 0 ? "0" : x.toExponential(1);
}
