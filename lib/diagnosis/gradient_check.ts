import { type Architecture, countClasses } from "../model/architecture.ts";
import { initialWeights } from "../model/initial_weights.ts";
import { Network } from "../systems/numpy/reference_network.ts";
import { softmaxCrossEntropy } from "../systems/numpy/softmax_cross_entropy.ts";
import { Rng } from "../util/rng.ts";

/** The gradient at one element of an array of weights, computed in two ways. */
export interface GradientCheck {
  /** Name of the element, as in `conv1.weight[17]`. */
  readonly element: string;
  /** The derivative by the hand-written backward pass. */
  readonly backward: number;
  /** The derivative by central differences: (loss(w + h) − loss(w − h)) / 2h. */
  readonly difference: number;
}

/**
 * Checks the hand-written gradient in float64 against central differences, at one random element of
 * every array and on random images.
 */
export function checkGradients(architecture: Architecture): GradientCheck[] {
  const network = new Network(architecture, "float64");
  network.setWeights(initialWeights(architecture, "lecun", 1));
  const rng = new Rng(2);
  const { channels, height, width } = architecture.input;
  const count = 4;
  const length = count * channels * height * width;
  const images = Float64Array.from({ length }, () => rng.normal());
  const classes = countClasses(architecture);
  const labels = Int32Array.from({ length: count }, () => rng.int(classes));
  const loss = () =>
    softmaxCrossEntropy(network.forward(images, count), labels, count, classes).loss / count;
  network.gradient(images, labels, count);
  const byHand = network.parameters.map(({ grad }) => grad.slice());
  const h = 1e-5;
  return network.parameters.map(({ name, value }, index) => {
    const at = rng.int(value.length);
    const kept = value[at]!;
    value[at] = kept + h;
    const above = loss();
    value[at] = kept - h;
    const below = loss();
    value[at] = kept;
    const difference = (above - below) / (2 * h);
    return { element: `${name}[${at}]`, backward: byHand[index]![at]!, difference };
  });
}
