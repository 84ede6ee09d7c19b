/** Readable twins of assembly/dense.ts: what stands between the dense layers' matrix products. */

/**
 * x + bias in each row, one float32 addition each.
 * @param x (rows, columns)
 * @param bias (columns)
 */
export function addBias(x: ArrayLike<number>, bias: ArrayLike<number>): Float32Array {
  return Float32Array.from(x, (x, i) => x + bias[i % bias.length]!);
}

/**
 * The first `count` numbers of each row, plus bias.
 * @param x (rows, columns)
 * @param bias (columns)
 * @returns (rows, count)
 */
export function addBiasTo(
  x: ArrayLike<number>,
  bias: ArrayLike<number>,
  count: number,
): Float32Array {
  return addBias(x, bias).filter((_, i) => i % bias.length < count);
}

/**
 * sums + the sum of each column, in float32, row after row.
 * @param x (rows, columns)
 * @param sums (columns)
 */
export function addColumnSums(x: ArrayLike<number>, sums: ArrayLike<number>): Float32Array {
  const result = Float32Array.from(sums);
  for (let i = 0; i < x.length; i++) result[i % result.length]! += x[i]!;
  return result;
}

/** Logits, and what their gradient depends on. */
export interface CrossEntropyInput {
  /** (rows, columns), of which the first `classes` columns are logits */
  readonly logits: ArrayLike<number>;
  readonly columns: number;
  readonly classes: number;
  /** (rows), each from 0 to classes − 1 */
  readonly labels: ArrayLike<number>;
  readonly scale: number;
  /** Share of the target that all classes have in common (Szegedy et al. 2016). */
  readonly smoothing: number;
}

/** Gradient and loss of softmax cross-entropy. */
export interface CrossEntropyResult {
  /** (rows, columns): scale · (softmax − target), and 0 behind the classes */
  readonly gradient: Float64Array;
  /**
   * (rows, 3): Σ exp(x − max), max − x_label and max − mean of x. The loss of a row is the
   * logarithm of the first, plus (1 − smoothing) times the second, plus smoothing times the third.
   */
  readonly report: Float64Array;
}

/**
 * Softmax cross-entropy: the target is 1 − smoothing on the label, plus smoothing / classes
 * everywhere.
 */
export function softmaxCrossEntropy(
  { logits, columns, classes, labels, scale, smoothing }: CrossEntropyInput,
): CrossEntropyResult {
  const rows = labels.length;
  const gradient = new Float64Array(rows * columns), report = new Float64Array(3 * rows);
  for (let row = 0; row < rows; row++) {
    const x = Array.from({ length: classes }, (_, c) => logits[row * columns + c]!);
    const label = labels[row]!, top = Math.max(...x);
    const exponentials = x.map((x) => Math.exp(x - top));
    const sum = exponentials.reduce((a, b) => a + b, 0);
    const mean = x.reduce((a, b) => a + b, 0) / classes;
    report.set([sum, top - x[label]!, top - mean], 3 * row);
    exponentials.forEach((exponential, c) => {
      const target = (c === label ? 1 - smoothing : 0) + smoothing / classes;
      gradient[row * columns + c] = scale * (exponential / sum - target);
    });
  }
  return { gradient, report };
}

/** Logits and targets, and what their gradient depends on. */
export interface SoftTargetInput extends Omit<CrossEntropyInput, "smoothing"> {
  /** (rows, classes), the numbers of a row with sum 1 */
  readonly targets: ArrayLike<number>;
}

/**
 * Softmax cross-entropy with a target for each class. The third number that a row reports is
 * max − Σ target·x; the row's loss is that plus the logarithm of the first.
 */
export function softTargetCrossEntropy(
  { logits, columns, classes, labels, targets, scale }: SoftTargetInput,
): CrossEntropyResult {
  const rows = labels.length;
  const gradient = new Float64Array(rows * columns), report = new Float64Array(3 * rows);
  for (let row = 0; row < rows; row++) {
    const x = Array.from({ length: classes }, (_, c) => logits[row * columns + c]!);
    const target = Array.from({ length: classes }, (_, c) => targets[row * classes + c]!);
    const top = Math.max(...x);
    const exponentials = x.map((x) => Math.exp(x - top));
    const sum = exponentials.reduce((a, b) => a + b, 0);
    const gap = x.reduce((gap, x, c) => gap + target[c]! * (top - x), 0);
    report.set([sum, top - x[labels[row]!]!, gap], 3 * row);
    exponentials.forEach((exponential, c) => {
      gradient[row * columns + c] = scale * (exponential / sum - target[c]!);
    });
  }
  return { gradient, report };
}
