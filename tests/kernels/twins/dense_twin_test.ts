/**
 * The kernels of assembly/dense.ts. Additions are in float32 in kernel and twin, in the same order,
 * so their results are the same. In softmax cross-entropy a sum of exponentials is off by at most 8
 * roundings (5 were measured), and so is a gradient of scale 1. The distance from the largest logit
 * to the label's is one subtraction and therefore exact: the loss counts a hit where it is 0.
 */
import fc from "../../fast_check.ts";
import { DenseLayer } from "../../../lib/kernels/kernel_interface.ts";
import * as twins from "../../../lib/kernels/twins/kernel_twins.ts";
import { Rng } from "../../../lib/util/rng.ts";
import { drawNumbers, exactly, type Expectation, UNIT, values, within } from "./expectations.ts";
import { testAgainstTwin } from "./test_against_twin.ts";

/** Relative error of a sum of exponentials. */
const EXPONENTIAL = 8 * UNIT;

const shapes = fc.record({
  rows: fc.integer({ min: 0, max: 12 }),
  eights: fc.integer({ min: 1, max: 9 }),
  values,
});
type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

/** Rows of a multiple of eight numbers, and one number for each column. */
function drawRows({ rows, eights, values }: Shape) {
  const numbers = drawNumbers(values), columns = 8 * eights;
  return { rows, columns, x: numbers(rows * columns), ofColumns: numbers(columns) };
}

testAgainstTwin({
  kernel: "addBias",
  shapes,
  data: drawRows,
  call(harness, { rows, columns, x, ofColumns }) {
    const bias = harness.input("bias", ofColumns), buffer = harness.output("x", x);
    const layer = harness.descriptor(DenseLayer, { bias, outBytes: 4 * columns });
    harness.call((kernels) => kernels.addBias(layer, rows, buffer.at));
    return { x: buffer.read() };
  },
  twin: ({ x, ofColumns }) => ({ x: exactly(twins.addBias(x, ofColumns)) }),
});

testAgainstTwin({
  kernel: "addBiasTo",
  shapes: fc.tuple(shapes, fc.integer({ min: 0, max: 7 })),
  data: ([shape, fewer]) => ({ ...drawRows(shape), count: 8 * shape.eights - fewer }),
  call(harness, { rows, columns, x, ofColumns, count }) {
    const bias = harness.input("bias", ofColumns), at = harness.input("x", x);
    const to = harness.output("to", new Float32Array(rows * count));
    const sizes = { units: count, outBytes: 4 * columns };
    const layer = harness.descriptor(DenseLayer, { bias, ...sizes });
    harness.call((kernels) => kernels.addBiasTo(layer, rows, at, to.at));
    return { to: to.read() };
  },
  twin: ({ x, ofColumns, count }) => ({ to: exactly(twins.addBiasTo(x, ofColumns, count)) }),
});

testAgainstTwin({
  kernel: "addColumnSums",
  shapes,
  data: drawRows,
  call(harness, { rows, columns, x, ofColumns }) {
    const at = harness.input("x", x), sums = harness.output("sums", ofColumns);
    const layer = harness.descriptor(DenseLayer, { outBytes: 4 * columns });
    harness.call((kernels) => kernels.addColumnSums(layer, rows, at, sums.at));
    return { sums: sums.read() };
  },
  twin: ({ x, ofColumns }) => ({ sums: exactly(twins.addColumnSums(x, ofColumns)) }),
});

testAgainstTwin({
  kernel: "softmaxCrossEntropy",
  shapes: fc.record({
    rows: fc.integer({ min: 0, max: 9 }),
    classes: fc.integer({ min: 1, max: 60 }),
    /** How far logits are spread. */
    spread: fc.constantFrom(0, 1, 10, 100),
    smoothing: fc.constantFrom(0, 0.1, 1),
    values,
  }),
  data({ rows, classes, spread, smoothing, values }) {
    const rng = new Rng(values.seed), numbers = drawNumbers(values);
    const columns = 16 * Math.ceil(classes / 16);
    const logits = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      logits.set(numbers(classes).map((x) => spread * x), row * columns);
    }
    // the first and the last label are as likely as all others together
    const label = () => rng.pick([0, classes - 1, rng.int(classes)]);
    return {
      ...{ logits, columns, classes, labels: Int32Array.from({ length: rows }, label) },
      ...{ scale: Math.fround(1 / (rows + 1)), smoothing: Math.fround(smoothing) },
    };
  },
  call(harness, { logits, columns, classes, labels, scale, smoothing }) {
    const at = harness.input("labels", labels), rows = labels.length;
    const gradient = harness.output("logits", logits);
    const report = harness.output("report", new Float32Array(3 * rows));
    const layer = harness.descriptor(DenseLayer, { units: classes, outBytes: 4 * columns });
    harness.call((kernels) =>
      kernels.softmaxCrossEntropy(layer, rows, gradient.at, at, report.at, scale, smoothing)
    );
    return { gradient: gradient.read(), report: report.read() };
  },
  twin(of) {
    const { gradient, report } = twins.softmaxCrossEntropy(of), { classes, columns, scale } = of;
    const largest = of.logits.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    // of a row: Σ exp, max − x_label, max − mean
    const accepted: Expectation["accepts"][] = [
      (actual, i) => Math.abs(actual - report[i]!) <= EXPONENTIAL * report[i]!,
      (actual, i) => actual === Math.fround(report[i]!),
      (actual, i) => Math.abs(actual - report[i]!) <= (classes + 2) * UNIT * largest,
    ];
    // behind the classes there are zeros
    const bound = (i: number) => i % columns < classes ? scale * EXPONENTIAL : 0;
    return {
      report: { values: report, accepts: (actual, i) => accepted[i % 3]!(actual, i) },
      gradient: within(gradient, Float64Array.from(gradient, (_, i) => bound(i))),
    };
  },
});

testAgainstTwin({
  kernel: "softTargetCrossEntropy",
  shapes: fc.record({
    rows: fc.integer({ min: 0, max: 9 }),
    classes: fc.integer({ min: 1, max: 60 }),
    spread: fc.constantFrom(0, 1, 10, 100),
    /** Whether the target is one class or many. */
    hard: fc.boolean(),
    values,
  }),
  data({ rows, classes, spread, hard, values }) {
    const rng = new Rng(values.seed), numbers = drawNumbers(values);
    const columns = 16 * Math.ceil(classes / 16);
    const logits = new Float32Array(rows * columns), targets = new Float32Array(rows * classes);
    for (let row = 0; row < rows; row++) {
      logits.set(numbers(classes).map((x) => spread * x), row * columns);
      const shares = Float64Array.from({ length: classes }, () => hard ? 0 : rng.uniform());
      shares[rng.int(classes)]! += 1;
      const sum = shares.reduce((a, b) => a + b, 0);
      targets.set(shares.map((share) => share / sum), row * classes);
    }
    const labels = Int32Array.from({ length: rows }, () => rng.int(classes));
    return { logits, columns, classes, labels, targets, scale: Math.fround(1 / (rows + 1)) };
  },
  call(harness, { logits, columns, classes, labels, targets, scale }) {
    const at = harness.input("labels", labels), rows = labels.length;
    const goal = harness.input("targets", targets);
    const gradient = harness.output("logits", logits);
    const report = harness.output("report", new Float32Array(3 * rows));
    const layer = harness.descriptor(DenseLayer, { units: classes, outBytes: 4 * columns });
    harness.call((kernels) =>
      kernels.softTargetCrossEntropy(layer, rows, gradient.at, at, goal, report.at, scale)
    );
    return { gradient: gradient.read(), report: report.read() };
  },
  twin(of) {
    const { gradient, report } = twins.softTargetCrossEntropy(of), { classes, columns, scale } = of;
    const largest = of.logits.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    // of a row: Σ exp, max − x_label, max − Σ target·x
    const accepted: Expectation["accepts"][] = [
      (actual, i) => Math.abs(actual - report[i]!) <= EXPONENTIAL * report[i]!,
      (actual, i) => actual === Math.fround(report[i]!),
      (actual, i) => Math.abs(actual - report[i]!) <= (classes + 2) * UNIT * 2 * largest,
    ];
    const bound = (i: number) => i % columns < classes ? scale * EXPONENTIAL : 0;
    return {
      report: { values: report, accepts: (actual, i) => accepted[i % 3]!(actual, i) },
      gradient: within(gradient, Float64Array.from(gradient, (_, i) => bound(i))),
    };
  },
});
