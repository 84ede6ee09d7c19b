import type { Summary } from "../../diagnosis/summary.ts";

/** The sentence on means, intervals and medians under tables of runs with several seeds. */
export function seedNote({ seeds, testImages }: Summary): string {
  if (seeds === 1) {
    return `One seed. Its 95 % intervals hold the uncertainty from ${testImages} test images alone.`;
  }
  return `Means of ${seeds} seeds. Their 95 % intervals hold the uncertainty from ${testImages} ` +
    "test images and that from the seeds. All other numbers are medians.";
}
