import { type Architecture, countClasses } from "../../model/architecture.ts";
import { initialWeights } from "../../model/initial_weights.ts";
import { softmaxCrossEntropy } from "../../systems/numpy/softmax_cross_entropy.ts";
import { Network } from "../../systems/numpy/reference_network.ts";
import { Rng } from "../../util/rng.ts";
import { Table } from "../table.ts";

/**
 * The hand-written gradient of one element of every array in float64, beside the central difference
 * (loss(w + h) − loss(w − h)) / 2h.
 */
export function gradientTable(architecture: Architecture): Table {
  const network = new Network(architecture, "float64");
  network.setWeights(initialWeights(architecture, "lecun", 1));
  const rng = new Rng(2);
  const { channels, height, width } = architecture.input;
  const count = 4;
  const images = Float64Array.from(
    { length: count * channels * height * width },
    () => rng.normal(),
  );
  const classes = countClasses(architecture);
  const labels = Int32Array.from({ length: count }, () => rng.int(classes));
  const loss = () =>
    softmaxCrossEntropy(network.forward(images, count), labels, count, classes).loss / count;
  network.gradient(images, labels, count);
  const byHand = network.parameters.map(({ grad }) => grad.slice());
  const h = 1e-5;
  const rows = network.parameters.map(({ name, value }, index) => {
    const at = rng.int(value.length);
    const kept = value[at]!;
    value[at] = kept + h;
    const above = loss();
    value[at] = kept - h;
    const below = loss();
    value[at] = kept;
    const difference = (above - below) / (2 * h);
    const written = byHand[index]![at]!;
    return {
      element: `${name}[${at}]`,
      written: written.toExponential(6),
      difference: difference.toExponential(6),
      error: Math.abs(written - difference).toExponential(0),
    };
  });
  return new Table({
    title: "Hand-written gradients against central differences",
    columns: [
      { key: "element", label: "element" },
      { key: "written", label: "by hand", align: "right" },
      { key: "difference", label: "difference quotient", align: "right" },
      { key: "error", label: "apart by", align: "right" },
    ],
    rows,
  });
}
