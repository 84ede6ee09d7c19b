/** Schedules: a factor on the learning rate by the part of all steps that is done, in [0, 1). */

/**
 * One cycle (Smith & Topin 2019): the factor rises from 4 % to 1 along half a cosine wave during the first
 * quarter of the steps, and falls to 0.1 % along another half during the rest.
 */
export function oneCycle(done: number): number {
  const [start, top, end] = [0.04, 0.25, 1e-3];
  const cosine = (from: number, to: number, at: number) =>
    to + (from - to) * (1 + Math.cos(Math.PI * at)) / 2;
  return done < top ? cosine(start, 1, done / top) : cosine(1, end, (done - top) / (1 - top));
}
