import assert from "node:assert/strict";
import {
  assertAlmostEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "./assert.ts";

const fails = (body: () => unknown) => assert.throws(body, assert.AssertionError);
const rejects = (body: () => Promise<unknown>) => assert.rejects(body, assert.AssertionError);

Deno.test("number assertions fail on the bound, and a NaN satisfies none of them", () => {
  assertLess(1, 2);
  assertGreater(2, 1);
  assertAlmostEquals(1, 1.5, 0.5);
  assertAlmostEquals(NaN, NaN);
  assertAlmostEquals(Infinity, Infinity);
  fails(() => assertLess(1, 1));
  fails(() => assertLess(NaN, 1));
  fails(() => assertGreater(1, 1));
  fails(() => assertGreater(NaN, 1));
  fails(() => assertAlmostEquals(1, 1.5, 0.49));
  fails(() => assertAlmostEquals(1, NaN, 1));
  fails(() => assertAlmostEquals(1, Infinity, 1e308));
  fails(() => assertStringIncludes("abc", "ac"));
});

Deno.test("assertThrows checks the class and the message, and returns the error", () => {
  const raise = () => {
    throw new RangeError("got 5");
  };
  assert.equal(assertThrows(raise, RangeError, "got 5").message, "got 5");
  assertThrows(raise, Error);
  fails(() => assertThrows(raise, TypeError));
  fails(() => assertThrows(raise, RangeError, "got 6"));
  fails(() => assertThrows(() => 5));
  fails(() =>
    assertThrows(() => {
      throw "text";
    })
  );
});

Deno.test("assertRejects checks the class and the message, and refuses an error thrown at once", async () => {
  const raise = () => Promise.reject(new RangeError("got 5"));
  assert.equal((await assertRejects(raise, RangeError, "got 5")).message, "got 5");
  await rejects(() => assertRejects(raise, TypeError));
  await rejects(() => assertRejects(raise, RangeError, "got 6"));
  await rejects(() => assertRejects(() => Promise.resolve(5)));
  await rejects(() => assertRejects(() => Promise.reject("text")));
  await rejects(() =>
    assertRejects(() => {
      throw new RangeError("got 5");
    })
  );
});
