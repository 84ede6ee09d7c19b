/**
 * The kernels of assembly/gemm.ts, and `gemv` of assembly/single.ts. A sum of n products is rounded
 * at most n + 1 times, and may be off by that many times 2⁻²⁴ times the sum of the products'
 * magnitudes. With whole numbers it is exact. The transpose is a copy.
 */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import { PANEL } from "../../../lib/kernels/kernel_constants.ts";
import { DenseLayer, GemmShape } from "../../../lib/kernels/kernel_interface.ts";
import type { GemmInput } from "../../../lib/kernels/twins/gemm_twin.ts";
import * as twins from "../../../lib/kernels/twins/kernel_twins.ts";
import { drawNumbers, exactly, magnitudes, times, UNIT, values, within } from "./expectations.ts";
import { builds, type KernelHarness, openHarness, type Stretch } from "./kernel_harness.ts";
import { testAgainstTwin } from "./test_against_twin.ts";

const four = (count: number) => 4 * Math.ceil(count / 4);
const [whole, real] = [{ seed: 1, whole: true }, { seed: 1, whole: false }];

type Product = GemmInput & {
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly c: Float32Array;
  readonly whole: boolean;
};

/** How far a sum may be off: the same product of magnitudes. */
const bounds = (product: Product) => {
  const factor = product.whole ? 0 : UNIT * (product.depth + 2);
  return twins.gemm({
    ...product,
    a: times(factor, magnitudes(product.a)),
    b: magnitudes(product.b),
    c: times(factor, magnitudes(product.c)),
  });
};

function callGemm(harness: KernelHarness, product: Product) {
  const { rows, panels, depth, aRow, aColumn, bPanel, bRow, cPanel, cRow } = product;
  const a = harness.input("a", product.a), b = harness.input("b", product.b);
  // whole tiles of four rows are written
  const room: Stretch[] = [];
  for (let i = 0; i < four(rows); i++) {
    for (let p = 0; p < panels; p++) room.push([4 * (cPanel * p + cRow * i), 4 * PANEL]);
  }
  const c = harness.output("c", product.c, room);
  const shape = harness.descriptor(GemmShape, {
    ...{ panels, aRow: 4 * aRow, aColumn: 4 * aColumn },
    ...{ bPanel: 4 * bPanel, bRow: 4 * bRow, cPanel: 4 * cPanel, cRow: 4 * cRow },
  });
  harness.call((kernels) =>
    kernels.gemm(shape, rows, depth, a, b, c.at, product.accumulate ? 1 : 0)
  );
  return { c: c.read() };
}

testAgainstTwin({
  kernel: "gemm",
  shapes: fc.record({
    rows: fc.integer({ min: 0, max: 35 }),
    panels: fc.integer({ min: 1, max: 4 }),
    depth: fc.integer({ min: 0, max: 40 }),
    transposed: fc.boolean(),
    /** Whether B and C are panels of weights, with rows of 16, or columns of longer rows. */
    bInPanels: fc.boolean(),
    cInPanels: fc.boolean(),
    gap: fc.integer({ min: 0, max: 5 }),
    accumulate: fc.boolean(),
    values,
  }),
  examples: [
    {
      ...{ rows: 32, panels: 8, depth: 400, transposed: false, bInPanels: true, cInPanels: false },
      ...{ gap: 0, accumulate: false, values: real },
    },
    {
      ...{ rows: 0, panels: 2, depth: 3, transposed: false, bInPanels: true, cInPanels: false },
      ...{ gap: 0, accumulate: true, values: whole },
    },
  ],
  runs: 60,
  data({ rows, panels, depth, transposed, bInPanels, cInPanels, gap, accumulate, values }) {
    const numbers = drawNumbers(values), room = four(rows);
    const [aRow, aColumn] = transposed ? [1, room + gap] : [depth + gap, 1];
    const long = PANEL * panels + gap;
    const [bPanel, bRow] = bInPanels ? [PANEL * depth + gap, PANEL] : [PANEL, long];
    const [cPanel, cRow] = cInPanels ? [PANEL * room + gap, PANEL] : [PANEL, long];
    return {
      ...{ rows, panels, depth, aRow, aColumn, bPanel, bRow, cPanel, cRow, accumulate },
      a: numbers(Math.max(aRow * room, aColumn * depth)),
      b: numbers(Math.max(bPanel * panels, bRow * depth)),
      c: numbers(Math.max(cPanel * panels, cRow * room)),
      whole: values.whole,
    };
  },
  call: callGemm,
  twin: (product) => ({ c: within(twins.gemm(product), bounds(product)) }),
});

const rowShapes = fc.record({
  panels: fc.integer({ min: 1, max: 4 }),
  depth: fc.integer({ min: 0, max: 60 }),
  gap: fc.integer({ min: 0, max: 5 }),
  values,
});
type RowShape = typeof rowShapes extends fc.Arbitrary<infer T> ? T : never;

/** A product of one row. */
function drawRow({ panels, depth, gap, values }: RowShape): Product {
  const numbers = drawNumbers(values), bPanel = PANEL * depth + gap;
  return {
    ...{ rows: 1, panels, depth, aRow: depth, aColumn: 1, bPanel, bRow: PANEL },
    ...{ a: numbers(depth), b: numbers(panels * bPanel), c: new Float32Array(PANEL * panels) },
    ...{ cPanel: PANEL, cRow: PANEL * panels, accumulate: false, whole: values.whole },
  };
}

function callGemv(harness: KernelHarness, { panels, depth, bPanel, ...product }: Product) {
  const a = harness.input("a", product.a), b = harness.input("b", product.b);
  const c = harness.output("c", product.c);
  const layer = harness.descriptor(DenseLayer, {
    ...{ weights: b, inputs: depth, panels, panelBytes: 4 * bPanel },
  });
  harness.call((kernels) => kernels.gemv(layer, a, c.at));
  return { c: c.read() };
}

testAgainstTwin({
  kernel: "gemv",
  shapes: rowShapes,
  data: drawRow,
  call: callGemv,
  twin: (product) => {
    const { panels, depth, a, b, bPanel } = product;
    return { c: within(twins.gemv(panels, depth, a, b, bPanel), bounds(product)) };
  },
});

for (const build of builds) {
  Deno.test(`gemv (${build}) has the bits of gemm`, async () => {
    const harness = await openHarness(build);
    fc.assert(
      fc.property(rowShapes, (shape) => {
        const product = drawRow({ ...shape, values: { ...shape.values, whole: false } });
        harness.reset();
        const { c } = callGemv(harness, product);
        harness.reset();
        // gemm works on four rows at least
        const rows = { a: new Float32Array(4 * product.depth), c: new Float32Array(4 * c.length) };
        rows.a.set(product.a);
        assert.deepEqual(callGemm(harness, { ...product, ...rows }).c.slice(0, c.length), c);
      }),
      { numRuns: 10 },
    );
  });
}

testAgainstTwin({
  kernel: "transposePanels",
  shapes: fc.record({
    inputs: fc.integer({ min: 1, max: 50 }),
    outputs: fc.integer({ min: 1, max: 50 }),
    gap: fc.integer({ min: 0, max: 5 }),
    values,
  }),
  data({ inputs, outputs, gap, values }) {
    const fromPanel = PANEL * four(inputs) + gap, toPanel = PANEL * four(outputs) + gap;
    const from = drawNumbers(values)(Math.ceil(outputs / PANEL) * fromPanel);
    return { from, inputs, fromPanel, outputs, toPanel };
  },
  call(harness, { from, inputs, fromPanel, outputs, toPanel }) {
    const at = harness.input("from", from);
    // blocks of 4 × 4 are written
    const room: Stretch[] = [];
    for (let o = 0; o < four(outputs); o++) {
      for (let i = 0; i < inputs; i += 4) {
        const to = toPanel * Math.floor(i / PANEL) + PANEL * o + i % PANEL;
        room.push([4 * to, 16]);
      }
    }
    const length = Math.ceil(inputs / PANEL) * toPanel;
    const to = harness.output("to", new Float32Array(length), room);
    const layer = harness.descriptor(DenseLayer, {
      ...{ weights: at, inputs, panelBytes: 4 * fromPanel },
      ...{ transposed: to.at, units: outputs, transposedPanelBytes: 4 * toPanel },
    });
    harness.call((kernels) => kernels.transposePanels(layer));
    return { to: to.read() };
  },
  twin: (panels) => ({ to: exactly(twins.transposePanels(panels)) }),
});
