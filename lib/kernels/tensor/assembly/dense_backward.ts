import { derivative4 } from "./fused_activation";
import { loadSome, storeSome } from "./lanes_of_vector";
import { split } from "./parts";

/**
 * The gradient before an activation, gradient·f′, and its sum over the rows, in shards. Descriptor: 0 rows,
 * 1 columns, 2 gradient, 3 the activation's result, 4 activation, 5 where the product goes or 0, 6 shards,
 * 7 sums of a shard, each rounded up to a multiple of 4 floats.
 */
export function activationGradient(d: usize, shard: i32): void {
  const rows = load<i32>(d),
    columns = load<i32>(d, 4),
    kind = load<i32>(d, 16),
    shards = load<i32>(d, 24);
  const bytes = <usize> columns << 2, to = load<usize>(d, 20);
  const first = <usize> split(rows, shard, shards), last = <usize> split(rows, shard + 1, shards);
  const sums = load<usize>(d, 28) + <usize> shard * (<usize> ((columns + 3) & ~3) << 2);
  const g = load<usize>(d, 8), y = load<usize>(d, 12);
  let j = 0;
  for (; j + 16 <= columns; j += 16) {
    const at = <usize> j << 2;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let i = first * bytes + at, end = last * bytes; i < end; i += bytes) {
      let x0 = v128.load(g + i),
        x1 = v128.load(g + i, 16),
        x2 = v128.load(g + i, 32),
        x3 = v128.load(g + i, 48);
      if (to != 0) {
        x0 = f32x4.mul(x0, derivative4(kind, v128.load(y + i)));
        x1 = f32x4.mul(x1, derivative4(kind, v128.load(y + i, 16)));
        x2 = f32x4.mul(x2, derivative4(kind, v128.load(y + i, 32)));
        x3 = f32x4.mul(x3, derivative4(kind, v128.load(y + i, 48)));
        v128.store(to + i, x1, 16),
          v128.store(to + i, x0),
          v128.store(to + i, x3, 48),
          v128.store(to + i, x2, 32);
      }
      s0 = f32x4.add(s0, x0),
        s1 = f32x4.add(s1, x1),
        s2 = f32x4.add(s2, x2),
        s3 = f32x4.add(s3, x3);
    }
    const q = sums + at;
    v128.store(q, s1, 16), v128.store(q, s0), v128.store(q, s3, 48), v128.store(q, s2, 32);
  }
  for (; j < columns; j += 4) {
    const at = <usize> j << 2, count = columns - j;
    let sum = f32x4.splat(0);
    for (let i = first * bytes + at, end = last * bytes; i < end; i += bytes) {
      let x = loadSome(g + i, count);
      if (to != 0) {
        x = f32x4.mul(x, derivative4(kind, loadSome(y + i, count)));
        storeSome(to + i, x, count);
      }
      sum = f32x4.add(sum, x);
    }
    v128.store(sums + at, sum);
  }
}

/** Adds up shards of `count` numbers, `stride` bytes apart, in their order. */
export function foldShards(from: usize, stride: usize, shards: i32, count: i32, to: usize): void {
  for (; count > 0; count -= 4, from += 16, to += 16) {
    let sum = v128.load(from);
    for (let shard = 1; shard < shards; shard++) {
      sum = f32x4.add(sum, v128.load(from + shard * stride));
    }
    storeSome(to, sum, count);
  }
}
