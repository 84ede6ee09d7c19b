/** Schedules: a factor on the learning rate by the share of all steps that is done, in [0, 1). */

/**
 * One cycle (Smith & Topin 2019): up from 4 % along half a cosine during the first quarter, then down
 * to almost nothing along another half.
 */
export function oneCycle(share: number): number {
  const [start, top, end] = [0.04, 0.25, 1e-3];
  const cosine = (from: number, to: number, at: number) =>
    to + (from - to) * (1 + Math.cos(Math.PI * at)) / 2;
  return share < top ? cosine(start, 1, share / top) : cosine(1, end, (share - top) / (1 - top));
}
