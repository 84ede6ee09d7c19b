/** The error that ends a piece of work which the reader of a notebook stopped. */
export class Stopped extends Error {
  /** Tells this error from others. */
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
 * Does a piece of work that adds one result after the other. If the reader stops it, the results that are there
 * stay, and nothing is thrown.
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
