import { derivative4 } from "./fused_activation";
import { loadSome, storeSome } from "./lanes_of_vector";
import { split } from "./parts";

/**
 * The gradient before an activation, gradient·f′, and its sum over the rows, in shards. Descriptor: 0 rows,
 * 1 columns, 2 gradient, 3 the activation's result, 4 activation, 5 where the product goes or 0, 6 shards,
 * 7 sums of a shard, each rounded up to a multiple of 4 floats.
 */
export function activationGradient(d: usize, shard: i32): void {
  const rows = load<i32>(d), columns = load<i32>(d, 4), kind = load<i32>(d, 16), shards = load<i32>(d, 24);
  const bytes = <usize> columns << 2, to = load<usize>(d, 20);
  const first = <usize> split(rows, shard, shards), last = <usize> split(rows, shard + 1, shards);
  const sums = load<usize>(d, 28) + <usize> shard * (<usize> ((columns + 3) & ~3) << 2);
  for (let j = 0; j < columns; j += 4) {
    const at = <usize> j << 2, count = columns - j;
    let sum = f32x4.splat(0);
    let g = load<usize>(d, 8) + first * bytes + at, y = load<usize>(d, 12) + first * bytes + at;
    let q = to + first * bytes + at;
    for (let row = first; row < last; row++, g += bytes, y += bytes, q += bytes) {
      let x = loadSome(g, count);
      if (to != 0) {
        x = f32x4.mul(x, derivative4(kind, loadSome(y, count)));
        storeSome(q, x, count);
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
    for (let shard = 1; shard < shards; shard++) sum = f32x4.add(sum, v128.load(from + shard * stride));
    storeSome(to, sum, count);
  }
}
