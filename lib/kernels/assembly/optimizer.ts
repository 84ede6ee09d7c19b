// The optimizers, each on a stretch of the parameters. Gradients come in shards, `shardBytes`
// apart, and are summed in their order, so that the result does not depend on which thread was
// faster.

function sumShards(g: usize, shards: i32, shardBytes: usize): v128 {
  let sum = v128.load(g);
  for (let s = 1; s < shards; s++) {
    g += shardBytes;
    sum = f32x4.add(sum, v128.load(g));
  }
  return sum;
}

/**
 * Adam as PyTorch has it: w −= rate·m / (√v·correction + ε), and before it w −= decay·w (AdamW,
 * decay already multiplied by the learning rate).
 * @param count of parameters, a multiple of 4
 * @param rate learning rate / (1 − β₁ᵗ)
 * @param correction 1 / √(1 − β₂ᵗ)
 */
export function adam(
  w: usize,
  m: usize,
  v: usize,
  g: usize,
  count: i32,
  shards: i32,
  shardBytes: usize,
  beta1: f32,
  beta2: f32,
  rate: f32,
  epsilon: f32,
  correction: f32,
  decay: f32,
): void {
  const keepM = f32x4.splat(beta1), takeM = f32x4.splat(1 - beta1);
  const keepV = f32x4.splat(beta2), takeV = f32x4.splat(1 - beta2);
  const step = f32x4.splat(rate), eps = f32x4.splat(epsilon), corrected = f32x4.splat(correction);
  const keepW = f32x4.splat(1 - decay);
  for (const end = w + (<usize> count << 2); w < end; w += 16, m += 16, v += 16, g += 16) {
    const gradient = sumShards(g, shards, shardBytes);
    const first = f32x4.relaxed_madd(v128.load(m), keepM, f32x4.mul(gradient, takeM));
    const second = f32x4.relaxed_madd(
      v128.load(v),
      keepV,
      f32x4.mul(f32x4.mul(gradient, gradient), takeV),
    );
    v128.store(m, first);
    v128.store(v, second);
    const move = f32x4.div(first, f32x4.relaxed_madd(f32x4.sqrt(second), corrected, eps));
    v128.store(w, f32x4.relaxed_nmadd(step, move, f32x4.mul(v128.load(w), keepW)));
  }
}

/** SGD as PyTorch has it: v = momentum·v + g, w −= rate·v. `count` is a multiple of 4. */
export function sgd(
  w: usize,
  v: usize,
  g: usize,
  count: i32,
  shards: i32,
  shardBytes: usize,
  rate: f32,
  momentum: f32,
): void {
  const step = f32x4.splat(rate), keep = f32x4.splat(momentum);
  for (const end = w + (<usize> count << 2); w < end; w += 16, v += 16, g += 16) {
    const velocity = f32x4.relaxed_madd(v128.load(v), keep, sumShards(g, shards, shardBytes));
    v128.store(v, velocity);
    v128.store(w, f32x4.relaxed_nmadd(step, velocity, v128.load(w)));
  }
}
