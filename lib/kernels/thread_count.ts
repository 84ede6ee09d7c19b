/** The most threads that the kernels take. More than the processor has cores gain nothing, and each takes memory. */
export const MOST_THREADS = 64;

/**
 * @param given what was asked for, as it was written
 * @param name what it is called where it was asked for
 * @throws RangeError naming it, unless the kernels can take so many threads
 */
export function checkThreads(given: number | string, name: string = "threads"): void {
  const threads = Number(given);
  const isPlain = typeof given === "number" || /^[1-9]\d*$/.test(given);
  if (isPlain && Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return;
  throw new RangeError(
    `${name} must be a whole number from 1 to ${MOST_THREADS}, but it is ${
      JSON.stringify(given)
    }; ` +
      "more than the processor has cores gain nothing",
  );
}
