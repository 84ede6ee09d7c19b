/**
 * Readable twins of assembly/optimizer.ts. They change their arrays in place, as the kernels do.
 * Gradients come in shards, which are added in their order.
 */

/** An array of parameters, of running means or of gradients, in either precision. */
export type Floats = Float32Array | Float64Array;

/** The sum of the shards, rounded to their precision after each addition. */
function sumShards(shards: readonly Floats[]): Floats {
  if (shards.length === 1) return shards[0]!;
  const sum = shards[0]!.slice();
  for (const shard of shards.slice(1)) {
    for (let i = 0; i < sum.length; i++) sum[i]! += shard[i]!;
  }
  return sum;
}

/** The numbers of one step of Adam. */
export interface AdamStep {
  readonly beta1: number;
  readonly beta2: number;
  /** Learning rate / (1 − β₁ᵗ). */
  readonly rate: number;
  readonly epsilon: number;
  /** 1 / √(1 − β₂ᵗ). */
  readonly correction: number;
  /** Learning rate · weight decay. */
  readonly decay: number;
}

/**
 * One step of Adam (Kingma & Ba 2015, algorithm 1), as PyTorch has it; with decay it is AdamW
 * (Loshchilov & Hutter 2019):
 *
 *     m ← β₁·m + (1 − β₁)·g,   v ← β₂·v + (1 − β₂)·g²,
 *     w ← (1 − decay)·w − rate·m / (√v·correction + ε)
 */
export function adam(
  w: Floats,
  m: Floats,
  v: Floats,
  shards: readonly Floats[],
  { beta1, beta2, rate, epsilon, correction, decay }: AdamStep,
): void {
  const g = sumShards(shards);
  for (let i = 0; i < w.length; i++) {
    const mean = beta1 * m[i]! + (1 - beta1) * g[i]!;
    const square = beta2 * v[i]! + (1 - beta2) * g[i]! * g[i]!;
    m[i] = mean;
    v[i] = square;
    w[i] = (1 - decay) * w[i]! - rate * mean / (Math.sqrt(square) * correction + epsilon);
  }
}

/** One step of SGD with momentum, as PyTorch has it: v ← momentum·v + g, w ← w − rate·v. */
export function sgd(
  w: Floats,
  v: Floats,
  shards: readonly Floats[],
  rate: number,
  momentum: number,
): void {
  const g = sumShards(shards);
  for (let i = 0; i < w.length; i++) {
    v[i] = momentum * v[i]! + g[i]!;
    w[i]! -= rate * v[i]!;
  }
}
