/** `peak`, with numbers whose chains are exact. */
import fc from "../../fast_check.ts";
import assert from "node:assert/strict";
import { peak } from "../../../lib/kernels/twins/peak_twin.ts";
import { builds, openHarness } from "./kernel_harness.ts";

const start = fc.constantFrom(0, 1, -1, 0.5, -0.5, 2, -2);
const four = fc.array(start, { minLength: 4, maxLength: 4 });

for (const build of builds) {
  // each build has its own number of chains, so they are not compared with each other
  Deno.test(`peak (${build}) agrees with its twin`, async () => {
    const harness = await openHarness(build);
    fc.assert(
      fc.property(four, four, fc.integer({ min: 0, max: 20 }), (x, y, rounds) => {
        harness.reset();
        const buffer = new Float32Array(80);
        buffer.set([...x, ...y]);
        const chains = harness.output("chains", buffer);
        const multiplyAdds = harness.call((kernels) => kernels.peak(chains.at, rounds));
        const twin = peak(x, y, rounds, build.startsWith("wide"));
        assert.deepEqual(multiplyAdds, twin.multiplyAdds, `peak (${build})`);
        const ends = chains.read().map((end, i) => Number.isNaN(twin.chains[i]) ? NaN : end);
        assert.deepEqual([...ends], [...twin.chains], `peak (${build})`);
      }),
    );
  });
}
