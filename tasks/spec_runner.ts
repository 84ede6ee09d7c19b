/** Runs tfjs-core's specs on the kernels backend. Bundled with them by specs.ts, before them. */
import * as tf from "@tensorflow/tfjs-core";
// @ts-types="./jasmine_util.d.ts"
import { setTestEnvs } from "@tensorflow/tfjs-core/dist/jasmine_util.js";
// @ts-types="./jasmine_core.d.ts"
import jasmineRequire, { type Spec } from "jasmine-core/lib/jasmine-core/jasmine.js";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import {
  kernelsBackendName as backendName,
  registerKernelsBackend,
} from "../lib/backend/register_kernels.ts";
import { openTensorKernels } from "../lib/kernels/tensor/open_tensor_kernels.ts";
import { knownFailures } from "./known_spec_failures.ts";

const jasmine = jasmineRequire.core(jasmineRequire);
const environment = jasmine.getEnv();
Object.assign(globalThis, jasmineRequire.interface(jasmine, environment));
jasmine.DEFAULT_TIMEOUT_INTERVAL = 60_000;
const kernels = await openTensorKernels({
  bytes: 2 ** 30,
  threads: 2,
  build: "narrow",
  scratchBytes: 0,
});
registerKernelsBackend(kernels);
setTestEnvs([{ name: backendName, backendName, isDataSync: true }]);
// one spec assigns to a variable that it does not declare, which a module may not
Object.assign(globalThis, { i: 0 });
// specs that test engines of their own expect no other one to be chosen
tf.env().set("IS_TEST", true);

/** How many specs there were of each outcome. */
export interface SpecCounts {
  readonly run: number;
  readonly passed: number;
  /** Failed, and known to. */
  readonly failedAsListed: number;
  readonly failedUnlisted: number;
  /** Left out, by a filter or by themselves. */
  readonly skipped: number;
}

/**
 * Runs the specs and prints how they did.
 * @param filters texts, none for all; only specs whose names hold one of them run
 * @param wholeMessages whether a failure is shown with its stack
 * @returns how many there were of each outcome
 */
export async function runSpecs(
  filters: readonly string[],
  wholeMessages: boolean,
): Promise<SpecCounts> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const unlisted: Spec[] = [];
  const seen = new Set<string>();
  environment.configure({
    random: false,
    specFilter: (spec) =>
      filters.length === 0 || filters.some((text) => spec.getFullName().includes(text)),
  });
  const done = Promise.withResolvers<void>();
  environment.addReporter({
    specDone(spec) {
      if (spec.status === "passed") counts.passed++;
      else if (spec.status !== "failed") counts.skipped++;
      else {
        counts.failed++;
        if (spec.fullName in knownFailures) seen.add(spec.fullName);
        else unlisted.push(spec);
      }
    },
    suiteDone(suite) {
      if (suite.failedExpectations.length > 0) unlisted.push(suite);
    },
    jasmineDone: () => done.resolve(),
  });
  const start = performance.now();
  environment.execute();
  await done.promise;
  for (const { fullName, failedExpectations } of unlisted) {
    console.log(`\nfailed: ${fullName}`);
    for (const { message, stack } of failedExpectations.slice(0, 3)) {
      console.log(`  ${wholeMessages ? stack : message.slice(0, 300)}`);
    }
  }
  const listed = Object.keys(knownFailures);
  const run = counts.passed + counts.failed;
  console.log(
    `\n${backendName}: ${counts.passed} of ${run} specs passed, ${seen.size} failed as listed, ` +
      `${unlisted.length} failed unlisted, ${counts.skipped} skipped, in ` +
      `${((performance.now() - start) / 1000).toFixed(1)} s`,
  );
  const passing = listed.filter((name) => !seen.has(name));
  if (filters.length === 0 && passing.length > 0) {
    console.log(`listed as failing, but passing or gone:\n  ${passing.join("\n  ")}`);
  }
  return {
    run,
    passed: counts.passed,
    skipped: counts.skipped,
    failedAsListed: seen.size,
    failedUnlisted: unlisted.length,
  };
}
