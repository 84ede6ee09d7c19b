/** Plain twins of the other operations, in double precision: what the kernels are tested against. */
import type {
  AdamStep,
  ConvPoolActivation,
  FusedActivation,
  SgdStep,
} from "../tensor_operations.ts";

type Numbers = ArrayLike<number>;

/** f(x) as tfjs defines it. */
export function activate(kind: FusedActivation, x: number, alpha = 0.2): number {
  switch (kind) {
    case "linear":
      return x;
    case "relu":
      return Math.max(0, x);
    case "relu6":
      return Math.min(Math.max(0, x), 6);
    case "elu":
      return x >= 0 ? x : Math.exp(x) - 1;
    case "leakyrelu":
      return x < 0 ? alpha * x : x;
    case "sigmoid":
      return 1 / (1 + Math.exp(-x));
    case "tanh":
      return Math.tanh(x);
  }
}

/** f′ by the result y = f(x). */
export function derivative(kind: ConvPoolActivation, y: number): number {
  switch (kind) {
    case "linear":
      return 1;
    case "relu":
      return y > 0 ? 1 : 0;
    case "sigmoid":
      return y * (1 - y);
    case "tanh":
      return 1 - y * y;
  }
}

/** What `matMulTwin` multiplies. */
export interface MatrixShape {
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** op(A)·op(B) of one pair of matrices. */
export function matMulTwin(shape: MatrixShape, a: Numbers, b: Numbers): Float64Array {
  const { rows, depth, columns, transposeA = false, transposeB = false } = shape;
  const result = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < columns; j++) {
      for (let k = 0; k < depth; k++) {
        const x = a[transposeA ? k * rows + r : r * depth + k]!;
        result[r * columns + j]! += x * b[transposeB ? j * depth + k : k * columns + j]!;
      }
    }
  }
  return result;
}

/** Adam's step on one parameter, in place. */
export function adamTwin(
  step: Omit<AdamStep, "parameters">,
  weights: Float64Array,
  mean: Float64Array,
  square: Float64Array,
  gradient: Numbers,
): void {
  const { beta1, beta2, rate, correction, epsilon, keep = 1 } = step;
  for (let i = 0; i < weights.length; i++) {
    const g = gradient[i]!;
    mean[i] = beta1 * mean[i]! + (1 - beta1) * g;
    square[i] = beta2 * square[i]! + (1 - beta2) * g * g;
    const move = mean[i]! / (Math.sqrt(square[i]!) * correction + epsilon);
    weights[i] = keep * weights[i]! - rate * move;
  }
}

/** SGD's step on one parameter, in place. */
export function sgdTwin(
  step: Omit<SgdStep, "parameters">,
  weights: Float64Array,
  velocity: Float64Array,
  gradient: Numbers,
): void {
  const { rate, momentum = 0, nesterov = false, keep = 1 } = step;
  for (let i = 0; i < weights.length; i++) {
    velocity[i] = momentum * velocity[i]! + gradient[i]!;
    const move = nesterov ? gradient[i]! + momentum * velocity[i]! : velocity[i]!;
    weights[i] = keep * weights[i]! - rate * move;
  }
}

/** Loss of each row, and the gradient of their sum times `scale`. */
export function crossEntropyTwin(
  logits: Numbers,
  labels: Numbers,
  classes: number,
  scale: number,
  smoothing: number,
): { readonly loss: Float64Array; readonly gradient: Float64Array } {
  const loss = new Float64Array(labels.length), gradient = new Float64Array(logits.length);
  for (let row = 0; row < labels.length; row++) {
    const x = Array.from({ length: classes }, (_, j) => logits[row * classes + j]!);
    const top = Math.max(...x);
    const total = x.reduce((sum, value) => sum + Math.exp(value - top), 0);
    x.forEach((value, j) => {
      const target = (j === labels[row] ? 1 - smoothing : 0) + smoothing / classes;
      loss[row]! += target * (top + Math.log(total) - value);
      gradient[row * classes + j] = scale * (Math.exp(value - top) / total - target);
    });
  }
  return { loss, gradient };
}
