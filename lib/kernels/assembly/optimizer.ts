// The optimizers, each on a stretch of the parameters. Gradients come in shards, `shardBytes`
// apart, and are summed in their order, so that the result does not depend on which thread was
// faster.

import { AdamStep, ParameterShare } from "./layers";

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
 */
export function adam(share: ParameterShare, step: AdamStep): void {
  let w = share.weights, m = share.firstMoment, v = share.secondMoment, g = share.gradients;
  const count = share.count, shards = share.shards, shardBytes = share.shardBytes;
  const beta1 = step.beta1, beta2 = step.beta2;
  const keepM = f32x4.splat(beta1), takeM = f32x4.splat(1 - beta1);
  const keepV = f32x4.splat(beta2), takeV = f32x4.splat(1 - beta2);
  const rate = f32x4.splat(step.rate), eps = f32x4.splat(step.epsilon);
  const corrected = f32x4.splat(step.correction);
  const keepW = f32x4.splat(1 - step.decay);
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
    v128.store(w, f32x4.relaxed_nmadd(rate, move, f32x4.mul(v128.load(w), keepW)));
  }
}

/** SGD as PyTorch has it: v = momentum·v + g, w −= rate·v. */
export function sgd(share: ParameterShare, rate: f32, momentum: f32): void {
  let w = share.weights, v = share.firstMoment, g = share.gradients;
  const count = share.count, shards = share.shards, shardBytes = share.shardBytes;
  const step = f32x4.splat(rate), keep = f32x4.splat(momentum);
  for (const end = w + (<usize> count << 2); w < end; w += 16, v += 16, g += 16) {
    const velocity = f32x4.relaxed_madd(v128.load(v), keep, sumShards(g, shards, shardBytes));
    v128.store(v, velocity);
    v128.store(w, f32x4.relaxed_nmadd(step, velocity, v128.load(w)));
  }
}
