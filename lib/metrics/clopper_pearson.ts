import { binomialTail } from "./binomial.ts";
import { type Accuracy, wilson } from "./wilson.ts";

/**
 * Share of hits with the exact 95 % interval (Clopper and Pearson 1934): its ends are the shares for
 * which so many hits or more, and so many or fewer, have a probability of 2.5 %. It holds the true
 * share in at least 95 of 100 cases whatever that is, and is wider than Wilson's for it.
 * @throws RangeError as `wilson` does
 */
export function exactInterval(hits: number, images: number): Accuracy {
  const checked = wilson(hits, images);
  // both tails grow with the share, so the ends are found by halving
  const low = hits === 0 ? 0 : shareWhere((share) => binomialTail(hits, images, share) > 0.025);
  const high = hits === images
    ? 1
    : shareWhere((share) => binomialTail(hits + 1, images, share) > 0.975);
  return { ...checked, interval: [low, high] };
}

/** The share in [0, 1] from which on something is so. */
function shareWhere(isSo: (share: number) => boolean): number {
  let low = 0, high = 1;
  for (let i = 0; i < 52; i++) {
    const middle = (low + high) / 2;
    if (isSo(middle)) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}
