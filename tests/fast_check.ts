/**
 * fast-check for the tests. Its cases are the same at every run, so that a run fails only for what has
 * changed. `LENET_TEST_SEED` chooses other cases (`deno task test:soak` takes new ones at each start), and
 * `LENET_SOAK_COUNT` names a file to which the number of tried cases is appended.
 */
import fc from "fast-check";

const given = Deno.env.get("LENET_TEST_SEED") || "1";
const seed = Number(given);
if (!Number.isInteger(seed)) throw new RangeError(`LENET_TEST_SEED is ${given}, no whole number`);
const path = Deno.env.get("LENET_SOAK_COUNT");
let tried = 0;

fc.configureGlobal({
  seed,
  ...(path && {
    // fast-check's types know either this or the reporter of asynchronous properties, not both
    reporter: (details: fc.RunDetails<unknown>) => {
      tried += details.numRuns;
      if (details.failed) throw new Error(fc.defaultReportMessage(details));
    },
  }),
});
if (path) {
  addEventListener("unload", () => Deno.writeTextFileSync(path, `${tried}\n`, { append: true }));
}

export default fc;
