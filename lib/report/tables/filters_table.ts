import type { Dataset } from "../../data/dataset.ts";
import { preprocess } from "../../pixels/preprocess.ts";
import { Table } from "../table.ts";

/** How much the two ways to shrink differ, on the first `count` test images. */
export async function filterTable(dataset: Dataset, count: number): Promise<Table> {
  const { test } = dataset.splits;
  const images = Math.min(count, test.length);
  const filters = ["opencv", "antialiased"] as const;
  const roughness = { opencv: 0, antialiased: 0 };
  let difference = 0;
  for (let i = 0; i < images; i++) {
    const [plain, smooth] = await Promise.all(
      filters.map((filter) => preprocess(test.image(i), { filter }, test.name(i))),
    );
    plain!.forEach((level, at) => difference += Math.abs(level - smooth![at]!));
    roughness.opencv += meanStep(plain!);
    roughness.antialiased += meanStep(smooth!);
  }
  return new Table({
    title: `Two ways to shrink, ${images} test images`,
    columns: [
      { key: "filter", label: "filter" },
      { key: "step", label: "mean step between neighbours (grey levels)", digits: 2 },
    ],
    rows: filters.map((filter) => ({ filter, step: roughness[filter] / images })),
    notes: [
      `Mean difference of the two: ${(difference / images / 1024).toFixed(2)} grey levels. ` +
      "What is not averaged away, noise above all, stays in as steps between neighbours.",
    ],
  });
}

/** Mean absolute difference of horizontal neighbours in a 32×32 image. */
function meanStep(pixels: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < pixels.length; at++) {
    if (at % 32 < 31) sum += Math.abs(pixels[at + 1]! - pixels[at]!);
  }
  return sum / (32 * 31);
}
