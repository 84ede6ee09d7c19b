import { exp4, sum4 } from "../../assembly/math";
import { loadSome, storeSome } from "./lanes_of_vector";
import { split } from "./parts";

/**
 * Softmax cross-entropy of rows of logits. Descriptor: 0 rows, 1 classes, 2 logits, 3 labels (int32), 4 loss
 * of each row, 5 gradient, 6 its factor, 7 smoothing, 8 parts. The target is 1 − smoothing on the label and
 * smoothing/classes everywhere; loss = ln Σ eˣ − Σ target·x.
 */
export function softmaxCrossEntropy(d: usize, part: i32): void {
  const rows = load<i32>(d), classes = load<i32>(d, 4), parts = load<i32>(d, 32);
  const scale = load<f32>(d, 24), smoothing = load<f32>(d, 28), bytes = <usize> classes << 2;
  const first = split(rows, part, parts), last = split(rows, part + 1, parts);
  const everywhere = f32x4.splat(scale * smoothing / <f32> classes);
  for (let row = <usize> first; row < <usize> last; row++) {
    const x = load<usize>(d, 8) + row * bytes, gradient = load<usize>(d, 20) + row * bytes;
    const label = <usize> load<i32>(load<usize>(d, 12) + (row << 2)) << 2;
    let top = f32x4.splat(-Infinity), sums = f32x4.splat(0);
    for (let j = 0; j < classes; j += 4) {
      const count = classes - j, logits = loadSome(x + (<usize> j << 2), count);
      sums = f32x4.add(sums, logits);
      top = f32x4.max(top, count < 4 ? v128.bitselect(logits, top, first4(count)) : logits);
    }
    const largest = max(
      max(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
      max(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
    );
    const highest = f32x4.splat(largest);
    let total = f32x4.splat(0);
    for (let j = 0; j < classes; j += 4) {
      const at = <usize> j << 2, count = classes - j;
      const e = exp4(f32x4.sub(loadSome(x + at, count), highest));
      storeSome(gradient + at, e, count);
      total = f32x4.add(total, count < 4 ? v128.and(e, first4(count)) : e);
    }
    const exponentials = sum4(total), share = f32x4.splat(scale / exponentials);
    for (let j = 0; j < classes; j += 4) {
      const at = <usize> j << 2, count = classes - j;
      const softmax = f32x4.mul(loadSome(gradient + at, count), share);
      storeSome(gradient + at, f32x4.sub(softmax, everywhere), count);
    }
    store<f32>(gradient + label, load<f32>(gradient + label) - scale * (1 - smoothing));
    const toLabel = largest - load<f32>(x + label);
    const toMean = smoothing == 0 ? <f32> 0 : largest - sum4(sums) / <f32> classes;
    const loss = Math.log(exponentials) + (1 - smoothing) * toLabel + smoothing * toMean;
    store<f32>(load<usize>(d, 16) + (row << 2), <f32> loss);
  }
}

/** All bits of the first `count` lanes. */
// @inline
function first4(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}
