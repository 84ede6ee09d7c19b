/** What ends a work that its reader stopped. */
export class Stopped extends Error {
  /** By which this error is told from others. */
  override readonly name = "Stopped";

  /**
   * An error that ends the work.
   * @param message says what was stopped, and how far it had come
   */
  constructor(message: string = "stopped") {
    super(message);
  }
}

/**
 * Does a work that adds to its results one after the other. If its reader stops it, what it has added so far
 * is its result.
 * @throws Stopped if it was stopped before there was anything
 */
export async function untilStopped<T>(
  results: readonly T[],
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Stopped) || results.length === 0) throw error;
  }
}
