/** Calls `work` for 0 … length − 1, `concurrency` at a time; the first failure stops the rest. */
export async function forEachIndex(
  length: number,
  concurrency: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const crew = Array.from({ length: Math.min(concurrency, length) }, async () => {
    while (next < length) {
      try {
        await work(next++);
      } catch (error) {
        next = length;
        throw error;
      }
    }
  });
  await Promise.allSettled(crew); // nothing goes on after a failure
  await Promise.all(crew);
}
