/** Readable twin of assembly/peak.ts. */

/** Chains of multiply-adds, and numbers of a vector of 128 bits. */
const [CHAINS, NUMBERS] = [10, 4];

/**
 * Ten chains z ← z·x + x, started at z = x, and in the wide builds ten more with y in place of x.
 * @param x, y four numbers each
 * @returns where the chains end, (10, 2, 4), NaN for those of y in the narrow builds; and how many
 *   multiply-adds that took
 */
export function peak(
  x: readonly number[],
  y: readonly number[],
  rounds: number,
  wide: boolean,
): { readonly chains: Float64Array; readonly multiplyAdds: number } {
  const run = (x: number) => {
    let z = x;
    for (let round = 0; round < rounds; round++) z = z * x + x;
    return z;
  };
  const ends = [...x.map(run), ...y.map((y) => wide ? run(y) : NaN)];
  return {
    chains: Float64Array.from(Array.from({ length: CHAINS }, () => ends).flat()),
    multiplyAdds: rounds * CHAINS * NUMBERS * (wide ? 2 : 1),
  };
}
