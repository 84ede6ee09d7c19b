import assert from "node:assert/strict";
import { killTrainings } from "./kill_trainings.ts";

Deno.test("a training that is killed at random moments ends with the bits of one that was let be", async () => {
  const { kills, inTraining, ended, different, torn } = await killTrainings("numpy", 4, 1);
  assert.deepEqual({ kills, different, torn }, { kills: 4, different: 0, torn: 0 });
  assert(ended >= 1 && inTraining >= 1, `${ended} ended, ${inTraining} killed while they trained`);
});
