/** A mean of a few measured values, with its 95 % interval. */
export interface MeanInterval {
  /** The mean. */
  readonly value: number;
  /** From the lower to the upper end; from −∞ to ∞ for a single value, which says nothing of the spread. */
  readonly interval: readonly [number, number];
  /** How many values there are. */
  readonly count: number;
}

/** A mean of measured values with its standard error. */
export interface MeanEstimate extends MeanInterval {
  /** s/√n; ∞ for a single value. */
  readonly error: number;
}

/**
 * Mean with Student's 95 % interval (Student 1908): mean ± t·s/√n, with t of n − 1 degrees of freedom.
 * With a normal quantile in place of t, the interval of five values would be a third too narrow.
 * @throws RangeError if there is no value
 */
export function meanInterval(values: readonly number[]): MeanEstimate {
  const count = values.length;
  if (count === 0) throw new RangeError("the mean of no value was asked for");
  const value = values.reduce((sum, x) => sum + x, 0) / count;
  if (count === 1) return { value, interval: [-Infinity, Infinity], count, error: Infinity };
  const variance = values.reduce((sum, x) => sum + (x - value) ** 2, 0) / (count - 1);
  const error = Math.sqrt(variance / count);
  const half = tQuantile(count - 1) * error;
  return { value, interval: [value - half, value + half], count, error };
}

/**
 * Half of a central interval of Student's distribution, in standard errors: with the default of 95 % its
 * 97.5 % quantile.
 * @param freedom degrees of freedom, a whole number from 1
 * @param central probability of the interval, in (0, 1)
 * @throws RangeError for any other number
 */
export function tQuantile(freedom: number, central = 0.95): number {
  checkFreedom(freedom);
  if (!(central > 0 && central < 1)) {
    throw new RangeError(`a central probability must be in (0, 1), got ${central}`);
  }
  let low = 0, high = 1;
  while (centralProbability(high, freedom) < central) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (centralProbability(middle, freedom) < central) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Probability that a number from Student's distribution is larger than `t`.
 * @param freedom degrees of freedom, a whole number from 1
 */
export function studentTail(t: number, freedom: number): number {
  checkFreedom(freedom);
  const outside = (1 - centralProbability(Math.abs(t), freedom)) / 2;
  return t >= 0 ? outside : 1 - outside;
}

function checkFreedom(freedom: number): void {
  if (!Number.isInteger(freedom) || freedom < 1) {
    throw new RangeError(`degrees of freedom must be a whole number from 1, got ${freedom}`);
  }
}

/**
 * Probability that |T| ≤ t for a whole number of degrees of freedom, as a finite sum (Abramowitz and
 * Stegun 1964, 26.7.3 and 26.7.4).
 */
function centralProbability(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = freedom % 2 === 1;
  if (freedom === 1) return 2 * angle / Math.PI;
  let term = isOdd ? cosine : 1, sum = term;
  for (let k = isOdd ? 3 : 2; k <= freedom - 2; k += 2) {
    term *= cosine ** 2 * (k - 1) / k;
    sum += term;
  }
  return isOdd ? 2 / Math.PI * (angle + sine * sum) : sine * sum;
}
