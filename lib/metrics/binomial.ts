/**
 * Probability of at least so many successes in independent trials, summed exactly: Σ_{i ≥ k} C(n, i)
 * pⁱ (1 − p)ⁿ⁻ⁱ, by logarithms, so that large n does not overflow.
 * @param hits successes, a whole number; below 1 the probability is 1, above `trials` it is 0
 * @param trials a whole number from 0
 * @param share probability of a success, in [0, 1]
 * @throws RangeError naming a number out of its range
 */
export function binomialTail(hits: number, trials: number, share: number): number {
  if (!Number.isInteger(hits) || !Number.isInteger(trials) || trials < 0) {
    throw new RangeError(`hits and trials must be whole numbers, got ${hits} of ${trials}`);
  }
  if (!(share >= 0 && share <= 1)) throw new RangeError(`a share must be in [0, 1], got ${share}`);
  if (hits <= 0) return 1;
  if (hits > trials || share === 0) return 0;
  if (share === 1) return 1;
  // the shorter of the two tails is summed; it is the smaller one too, unless both are about ½
  if (hits < trials * share) return 1 - sum(0, hits - 1, trials, share);
  return Math.min(1, sum(hits, trials, trials, share));
}

/** Σ of the probabilities of `first` to `last` successes. */
function sum(first: number, last: number, trials: number, share: number): number {
  const [logP, logQ] = [Math.log(share), Math.log1p(-share)];
  let logChoose = 0;
  for (let i = 1; i <= first; i++) logChoose += Math.log((trials - i + 1) / i);
  let total = 0;
  for (let i = first; i <= last; i++) {
    total += Math.exp(logChoose + i * logP + (trials - i) * logQ);
    logChoose += Math.log((trials - i) / (i + 1));
  }
  return total;
}

/**
 * Exact one-sided binomial test against a predictor that gives one answer for every image: the
 * probability that a network which guesses with its share of hits gets so many or more.
 *
 * A constant answer is right for the share of its class, 1/K where all K classes have equally many
 * images (9 of 450, and 45 of 450 within five). On such images its score is exactly that share, by
 * design and without chance: it has no interval, and its p-value here, about ½, means no more than "no
 * better than that". What the test does tell is whether a network that answers differently for
 * different images does better than one whose answers have nothing to do with the images.
 * @param hits images classified correctly
 * @param share what the constant answer scores, in [0, 1]
 */
export function aboveConstant(hits: number, images: number, share: number): number {
  if (!(images >= 1)) throw new RangeError(`there must be at least one image, got ${images}`);
  return binomialTail(hits, images, share);
}
