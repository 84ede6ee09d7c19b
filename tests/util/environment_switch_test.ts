import assert from "node:assert/strict";
import { assertRejects, assertThrows } from "../assert.ts";
import { openOptionsFromEnvironment } from "../../lib/data/choose_dataset.ts";
import { defaultDatasetFolder } from "../../lib/data/synthetic/default_dataset.ts";
import { environmentSwitch } from "../../lib/util/environment_switch.ts";

Deno.test("a switch of the environment is 1, 0 or nothing, and another value is no silent no", async () => {
  const name = "LENET_TEST_SWITCH";
  assert.equal(environmentSwitch(name), false);
  for (const [value, on] of [["1", true], ["0", false], ["", false]] as const) {
    Deno.env.set(name, value);
    assert.equal(environmentSwitch(name), on);
  }
  for (const value of ["yes", "true", "2", " 1"]) {
    Deno.env.set(name, value);
    assertThrows(() => environmentSwitch(name), RangeError, `${name} must be 1`);
  }
  Deno.env.delete(name);
  Deno.env.set("LENET_FULL", "true");
  Deno.env.set("LENET_FOLLOW_LINKS", "yes");
  try {
    await assertRejects(() => defaultDatasetFolder(), RangeError, "LENET_FULL must be 1, or 0");
    assertThrows(() => openOptionsFromEnvironment(), RangeError, "LENET_FOLLOW_LINKS must be 1");
  } finally {
    Deno.env.delete("LENET_FULL");
    Deno.env.delete("LENET_FOLLOW_LINKS");
  }
});
