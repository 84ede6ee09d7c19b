// Softmax over the last axis.
import { sum4 } from "../../assembly/math";
import { split } from "./parts";
import { expAll4, storeLanes } from "./vector_math";

/** exp(x − max)/sum, row by row. Descriptor: x, output, rows, columns, parts. */
export function softmaxRows(d: usize, part: i32): void {
  const rows = load<i32>(d, 8), columns = load<i32>(d, 12), parts = load<i32>(d, 16);
  const past = split(rows, part + 1, parts), stride = <usize> columns << 2;
  for (let r = split(rows, part, parts); r < past; r++) {
    const x = load<usize>(d) + <usize> r * stride, to = load<usize>(d, 4) + <usize> r * stride;
    let most: f32 = -Infinity;
    for (let i: usize = 0; i < stride; i += 4) most = max(most, load<f32>(x + i));
    const top = f32x4.splat(most);
    let total = f32x4.splat(0);
    let n = columns;
    for (let i: usize = 0; i < stride; i += 16, n -= 4) {
      let e = expAll4(f32x4.sub(v128.load(x + i), top));
      // of the last vector only the lanes that belong to the row
      if (n < 4) e = v128.and(e, i32x4.gt_s(i32x4.splat(n), i32x4(0, 1, 2, 3)));
      storeLanes(to + i, e, n);
      total = f32x4.add(total, e);
    }
    const sum = f32x4.splat(sum4(total));
    n = columns;
    for (let i: usize = 0; i < stride; i += 16, n -= 4) {
      storeLanes(to + i, f32x4.div(v128.load(to + i), sum), n);
    }
  }
}
