/**
 * Fisher's exact test of two shares that were counted on different images (Fisher 1922), two-sided: the
 * probability of two counts that are no more likely than these, if both come from one share. Given all
 * hits together, the first count follows a hypergeometric distribution.
 * @returns p in (0, 1]
 * @throws RangeError if a count is no whole number, or there are more hits than images
 */
export function fisherExact(
  hits: number,
  images: number,
  otherHits: number,
  otherImages: number,
): number {
  for (const [k, n] of [[hits, images], [otherHits, otherImages]] as const) {
    if (!Number.isInteger(k) || !Number.isInteger(n) || k < 0 || n < 1 || k > n) {
      throw new RangeError(`hits must be from 0 to the number of images, got ${k} of ${n}`);
    }
  }
  const all = hits + otherHits;
  const logs = [0];
  for (let i = 1; i <= images + otherImages; i++) logs.push(logs[i - 1]! + Math.log(i));
  const logChoose = (n: number, k: number) => logs[n]! - logs[k]! - logs[n - k]!;
  const probability = (first: number) =>
    Math.exp(
      logChoose(images, first) + logChoose(otherImages, all - first) -
        logChoose(images + otherImages, all),
    );
  const own = probability(hits) * (1 + 1e-7); // equal ones count, however they are rounded
  let p = 0;
  for (let first = Math.max(0, all - otherImages); first <= Math.min(images, all); first++) {
    const one = probability(first);
    if (one <= own) p += one;
  }
  return Math.min(1, p);
}
