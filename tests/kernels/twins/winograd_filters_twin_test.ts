/**
 * The kernels that transform filters for Winograd's methods. They compute in float64 and round what
 * they store: `transformFilters` twice, once in each direction, `transformFilterColumns` once. A
 * result may be off by as many roundings, and one for what float64 leaves, of the same sum of
 * magnitudes.
 */
import fc from "../../fast_check.ts";
import { COLUMN_POINTS, PATCH_POINTS } from "../../../lib/kernels/kernel_constants.ts";
import { ConvLayer } from "../../../lib/kernels/kernel_interface.ts";
import * as twins from "../../../lib/kernels/twins/kernel_twins.ts";
import { COLUMN_WEIGHT_TRANSFORM } from "../../../lib/kernels/twins/winograd_columns_twin.ts";
import { type Matrix, WEIGHT_TRANSFORM } from "../../../lib/kernels/twins/winograd_twin.ts";
import {
  drawNumbers,
  magnitudes,
  matrixMagnitudes,
  times,
  UNIT,
  values,
  within,
} from "./expectations.ts";
import { testAgainstTwin } from "./test_against_twin.ts";

const shapes = fc.record({
  filters: fc.integer({ min: 1, max: 7 }),
  channels: fc.integer({ min: 1, max: 4 }),
  values,
});

/** @param each transformed weights of a filter and channel */
function testTransform(
  kernel: "transformFilters" | "transformFilterColumns",
  transform: Matrix,
  each: number,
  roundings: number,
): void {
  testAgainstTwin({
    kernel,
    shapes,
    data: ({ filters, channels, values }) => ({
      ...{ filters, channels, weights: drawNumbers(values)(25 * filters * channels) },
    }),
    call(harness, { filters, channels, weights }) {
      const at = harness.input("weights", weights);
      const length = 2 * Math.ceil(filters / 2) * each * channels;
      const to = harness.output("transformed", new Float32Array(length));
      const layer = harness.descriptor(ConvLayer, {
        ...{ weights: at, channels, filters, transformed: to.at },
      });
      harness.call((kernels) => kernels[kernel](layer));
      return { transformed: to.read() };
    },
    twin({ filters, channels, weights }) {
      const absolute = matrixMagnitudes(transform);
      const sizes = twins[kernel](magnitudes(weights), filters, channels, absolute);
      const bounds = times(roundings * UNIT, sizes);
      return { transformed: within(twins[kernel](weights, filters, channels), bounds) };
    },
  });
}

testTransform("transformFilters", WEIGHT_TRANSFORM, PATCH_POINTS, 3);
testTransform("transformFilterColumns", COLUMN_WEIGHT_TRANSFORM, COLUMN_POINTS * 5, 2);
