/** Readable twin of assembly/peak.ts. */

/** Chains of multiply-adds, and numbers of a vector. */
const [CHAINS, LANES] = [10, 4];

/**
 * Chains z ← z·x + x, started at z = x, ten for x and in the wide builds ten for y.
 * @param x, y four numbers each
 * @returns where the chains end, (10, 2, 4), and how many multiply-adds that took
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
  const ends = [...x.map(run), ...(wide ? y.map(run) : y)];
  return {
    chains: Float64Array.from(Array.from({ length: CHAINS }, () => ends).flat()),
    multiplyAdds: rounds * CHAINS * LANES * (wide ? 2 : 1),
  };
}
