// What stands between the matrix products of the dense layers.
import { DenseLayer } from "./layers";
import { exp4, sum4 } from "./math";

/** x = x + bias for `rows` rows. */
export function addBias(layer: DenseLayer, rows: i32, x: usize): void {
  const bytes = layer.outBytes, bias = layer.bias;
  for (let row = 0; row < rows; row++, x += bytes) {
    for (let i: usize = 0; i < bytes; i += 32) {
      const $$sum = f32x4.add(v128.load(x + i), v128.load(bias + i));
      v128.store(x + i, $$sum);
    }
  }
}

/** The numbers of each of `rows` rows that stand for units, plus bias, into rows without a gap. */
export function addBiasTo(layer: DenseLayer, rows: i32, x: usize, to: usize): void {
  const bytes = layer.outBytes, bias = layer.bias, count = layer.units;
  const vectors = <usize> (count & ~3) << 2, end = <usize> count << 2;
  for (let row = 0; row < rows; row++, x += bytes, to += end) {
    let i: usize = 0;
    for (; i < vectors; i += 16) {
      v128.store(to + i, f32x4.add(v128.load(x + i), v128.load(bias + i)));
    }
    for (; i < end; i += 4) store<f32>(to + i, load<f32>(x + i) + load<f32>(bias + i));
  }
}

/** sums += the sum over `rows` rows, column by column. */
export function addColumnSums(layer: DenseLayer, rows: i32, x: usize, sums: usize): void {
  const bytes = layer.outBytes;
  for (let i: usize = 0; i < bytes; i += 32) {
    let $$sum = v128.load(sums + i);
    let p = x + i;
    for (let row = 0; row < rows; row++, p += bytes) {
      $$sum = f32x4.add($$sum, v128.load(p));
    }
    v128.store(sums + i, $$sum);
  }
}

/**
 * Softmax cross-entropy: logits become their gradient, scale·(softmax − target), where the target
 * is (1 − smoothing) on the label and smoothing/classes everywhere.
 * @param logits (rows, classes rounded up to whole panels); what is too much holds zeros
 * @param report three floats an image: Σ exp(x − max), max − x_label, and max − mean of x
 */
export function softmaxCrossEntropy(
  layer: DenseLayer,
  rows: i32,
  logits: usize,
  labels: usize,
  report: usize,
  scale: f32,
  smoothing: f32,
): void {
  const classes = layer.units, bytes = layer.outBytes;
  const used = <usize> ((classes + 3) & ~3) << 2;
  const end = <usize> classes << 2;
  const everywhere = f32x4.splat(scale * smoothing / <f32> classes);
  for (let row = 0; row < rows; row++, logits += bytes, labels += 4, report += 12) {
    let sum: f32 = 0;
    for (let i: usize = 0; i < end; i += 4) sum += load<f32>(logits + i);
    for (let i = end; i < used; i += 4) store<f32>(logits + i, -1e30);
    let top4 = v128.load(logits);
    for (let i: usize = 16; i < used; i += 16) top4 = f32x4.max(top4, v128.load(logits + i));
    const top = max(
      max(f32x4.extract_lane(top4, 0), f32x4.extract_lane(top4, 1)),
      max(f32x4.extract_lane(top4, 2), f32x4.extract_lane(top4, 3)),
    );
    const label = logits + (<usize> load<i32>(labels) << 2);
    store<f32>(report, top - load<f32>(label), 4);
    store<f32>(report, top - sum / <f32> classes, 8);
    let total = f32x4.splat(0);
    for (let i: usize = 0; i < used; i += 16) {
      const e = exp4(f32x4.sub(v128.load(logits + i), f32x4.splat(top)));
      v128.store(logits + i, e);
      total = f32x4.add(total, e);
    }
    const exponentials = sum4(total);
    store<f32>(report, exponentials);
    const share = f32x4.splat(scale / exponentials);
    for (let i: usize = 0; i < used; i += 16) {
      v128.store(logits + i, f32x4.sub(f32x4.mul(v128.load(logits + i), share), everywhere));
    }
    store<f32>(label, load<f32>(label) - scale * (1 - smoothing));
    for (let i = end; i < used; i += 4) store<f32>(logits + i, 0);
  }
}

/**
 * Softmax cross-entropy with a target for each class: logits become their gradient,
 * scale·(softmax − target).
 * @param logits (rows, classes rounded up to whole panels); what is too much holds zeros
 * @param targets (rows, classes) without a gap; the targets of a row sum to 1
 * @param report three floats an image: Σ exp(x − max), max − x_label, and max − Σ target·x
 */
export function softTargetCrossEntropy(
  layer: DenseLayer,
  rows: i32,
  logits: usize,
  labels: usize,
  targets: usize,
  report: usize,
  scale: f32,
): void {
  const classes = layer.units, bytes = layer.outBytes;
  const used = <usize> ((classes + 3) & ~3) << 2;
  const end = <usize> classes << 2, vectors = <usize> (classes & ~3) << 2;
  for (let row = 0; row < rows; row++, logits += bytes, labels += 4, report += 12) {
    for (let i = end; i < used; i += 4) store<f32>(logits + i, -1e30);
    let top4 = v128.load(logits);
    for (let i: usize = 16; i < used; i += 16) top4 = f32x4.max(top4, v128.load(logits + i));
    const top = max(
      max(f32x4.extract_lane(top4, 0), f32x4.extract_lane(top4, 1)),
      max(f32x4.extract_lane(top4, 2), f32x4.extract_lane(top4, 3)),
    );
    const top4s = f32x4.splat(top);
    store<f32>(report, top - load<f32>(logits + (<usize> load<i32>(labels) << 2)), 4);
    // Σ target·(max − x), which is max − Σ target·x and loses fewer digits
    let gaps = f32x4.splat(0), total = f32x4.splat(0), gap: f32 = 0;
    for (let i: usize = 0; i < vectors; i += 16) {
      const below = f32x4.sub(top4s, v128.load(logits + i));
      gaps = f32x4.relaxed_madd(v128.load(targets + i), below, gaps);
    }
    for (let i = vectors; i < end; i += 4) {
      gap += load<f32>(targets + i) * (top - load<f32>(logits + i));
    }
    store<f32>(report, sum4(gaps) + gap, 8);
    for (let i: usize = 0; i < used; i += 16) {
      const e = exp4(f32x4.sub(v128.load(logits + i), top4s));
      v128.store(logits + i, e);
      total = f32x4.add(total, e);
    }
    const exponentials = sum4(total);
    store<f32>(report, exponentials);
    const share = scale / exponentials;
    const share4 = f32x4.splat(share), scale4 = f32x4.splat(scale);
    for (let i: usize = 0; i < vectors; i += 16) {
      const goal = f32x4.mul(v128.load(targets + i), scale4);
      v128.store(logits + i, f32x4.sub(f32x4.mul(v128.load(logits + i), share4), goal));
    }
    for (let i = vectors; i < end; i += 4) {
      store<f32>(logits + i, load<f32>(logits + i) * share - load<f32>(targets + i) * scale);
    }
    for (let i = end; i < used; i += 4) store<f32>(logits + i, 0);
    targets += end;
  }
}
