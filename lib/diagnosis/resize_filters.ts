import type { Dataset } from "../data/dataset.ts";
import { preprocess } from "../pixels/preprocess.ts";

/** Width and height of preprocessed images, in pixels. */
const SIDE = 32;

/** How rough images are after shrinking with each filter, and how far the filters differ. */
export interface FilterComparison {
  /** How many images were compared. */
  readonly images: number;
  /** Mean absolute difference of horizontal neighbours, in grey levels. */
  readonly roughness: Readonly<Record<"opencv" | "antialiased", number>>;
  /** Mean absolute difference of the two results, in grey levels. */
  readonly difference: number;
}

/** Shrinks the first `count` test images to 32×32 with both filters and compares the results. */
export async function compareFilters(dataset: Dataset, count: number): Promise<FilterComparison> {
  const { test } = dataset.splits;
  const images = Math.min(count, test.length);
  const roughness = { opencv: 0, antialiased: 0 };
  let difference = 0;
  for (let i = 0; i < images; i++) {
    const [plain, smooth] = await Promise.all(
      (["opencv", "antialiased"] as const)
        .map((filter) => preprocess(test.image(i), { filter }, test.name(i))),
    );
    plain!.forEach((level, at) => difference += Math.abs(level - smooth![at]!));
    roughness.opencv += neighbourDifference(plain!);
    roughness.antialiased += neighbourDifference(smooth!);
  }
  return {
    images,
    roughness: {
      opencv: roughness.opencv / images,
      antialiased: roughness.antialiased / images,
    },
    difference: difference / images / (SIDE * SIDE),
  };
}

/** Mean absolute difference of horizontal neighbours in a 32×32 image. */
function neighbourDifference(pixels: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < pixels.length; at++) {
    if (at % SIDE < SIDE - 1) sum += Math.abs(pixels[at + 1]! - pixels[at]!);
  }
  return sum / (SIDE * (SIDE - 1));
}
