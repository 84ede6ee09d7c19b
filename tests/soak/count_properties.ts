/** Preloaded by `deno task test:soak`: counts the inputs that fast-check tries, and appends the sum to a file. */
import fc from "fast-check";

let tried = 0;
const reporter = (details: fc.RunDetails<unknown>) => {
  tried += details.numRuns;
  if (details.failed) throw new Error(fc.defaultReportMessage(details));
};
// fast-check tells one of the two only, whichever fits the property
fc.configureGlobal({ reporter });
globalThis.addEventListener("unload", () => {
  const path = Deno.env.get("LENET_SOAK_COUNT");
  if (path) Deno.writeTextFileSync(path, `${tried}\n`, { append: true });
});
