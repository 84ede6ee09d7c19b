import assert from "node:assert/strict";
import { assertRejects, assertThrows } from "../assert.ts";
import { nativeChoice } from "../../tasks/arguments.ts";
import { parseArguments } from "../../tasks/reproduce.ts";
import { SetupError } from "../../tasks/run.ts";
import { setupNativeIfPossible } from "../../tasks/setup.ts";

const fails = () => Promise.reject(new SetupError("no compiler was found"));

Deno.test("--native, --gpu and --cpu ask for the native TensorFlow, --no-native for none", () => {
  for (const option of ["native", "gpu", "cpu"]) {
    assert.equal(nativeChoice({ [option]: true }), true);
    assertThrows(() => nativeChoice({ [option]: true, "no-native": true }), SetupError, option);
  }
  assert.equal(nativeChoice({ "no-native": true }), false);
  assert.equal(nativeChoice({}), undefined);
  assert.equal(parseArguments(["--no-native"]).native, false);
});

Deno.test("where the native TensorFlow cannot be set up, the work goes on without it", async () => {
  assert.equal(await setupNativeIfPossible(undefined, fails), false);
  assert.equal(await setupNativeIfPossible(false, fails), false);
  assert.equal(await setupNativeIfPossible(undefined, async () => {}), true);
});

Deno.test("a native TensorFlow that was asked for and cannot be set up is an error", async () => {
  await assertRejects(() => setupNativeIfPossible(true, fails), SetupError, "no compiler");
});

Deno.test("any other error of the set-up is not taken for a missing TensorFlow", async () => {
  const broken = () => Promise.reject(new TypeError("a bug"));
  await assertRejects(() => setupNativeIfPossible(undefined, broken), TypeError, "a bug");
});
