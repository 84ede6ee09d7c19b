/**
 * Assertions that `node:assert/strict` lacks. All others of the tests come from there.
 */
import { AssertionError } from "node:assert/strict";

// deno-lint-ignore no-explicit-any -- an error class may take any arguments
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

function check(holds: boolean, found: string, message = ""): asserts holds {
  if (!holds) {
    throw new AssertionError({ message: message === "" ? found : `${found}: ${message}` });
  }
}

/** Fails unless `actual < bound`. A NaN fails. */
export function assertLess(actual: number, bound: number, message?: string): void {
  check(actual < bound, `expected a number below ${bound}, got ${actual}`, message);
}

/** Fails unless `actual > bound`. A NaN fails. */
export function assertGreater(actual: number, bound: number, message?: string): void {
  check(actual > bound, `expected a number above ${bound}, got ${actual}`, message);
}

/** Fails unless the two numbers differ by at most `tolerance`. Two NaNs count as equal. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance = 1e-7,
  message?: string,
): void {
  const near = Object.is(actual, expected) || Math.abs(actual - expected) <= tolerance;
  check(near, `expected ${expected} to within ${tolerance}, got ${actual}`, message);
}

/** Fails unless `text` holds `part`. */
export function assertStringIncludes(text: string, part: string, message?: string): void {
  check(text.includes(part), `expected text with "${part}", got "${text}"`, message);
}

/**
 * Fails unless `body` throws an error of the class whose message holds `part`.
 * @returns the error
 */
export function assertThrows<E extends Error = Error>(
  body: () => unknown,
  kind?: ErrorClass<E>,
  part?: string,
): E {
  let error: unknown;
  try {
    body();
  } catch (thrown) {
    error = thrown;
    return checked(error, kind, part);
  }
  throw new AssertionError({ message: `expected ${kind?.name ?? "an error"}, nothing was thrown` });
}

/**
 * Fails unless the promise of `body` is rejected with an error of the class whose message holds
 * `part`. An error that `body` throws before it returns a promise fails too.
 * @returns the error
 */
export async function assertRejects<E extends Error = Error>(
  body: () => PromiseLike<unknown>,
  kind?: ErrorClass<E>,
  part?: string,
): Promise<E> {
  let promise: PromiseLike<unknown>;
  try {
    promise = body();
  } catch (error) {
    throw new AssertionError({ message: `expected a rejected promise, but it threw: ${error}` });
  }
  try {
    await promise;
  } catch (error) {
    return checked(error, kind, part);
  }
  throw new AssertionError({
    message: `expected ${kind?.name ?? "an error"}, but the promise was fulfilled`,
  });
}

function checked<E extends Error>(
  error: unknown,
  kind: ErrorClass<E> | undefined,
  part: string | undefined,
): E {
  const wanted = kind ?? Error;
  check(error instanceof wanted, `expected ${wanted.name}, got ${describe(error)}`);
  if (part !== undefined) {
    check(
      error.message.includes(part),
      `expected an error with "${part}" in its message, got ${describe(error)}`,
    );
  }
  return error as E;
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.constructor.name}: ${error.message}` : String(error);
}
