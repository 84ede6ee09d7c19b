/** The small measurements that notebooks 1 and 2 show. */
import assert from "node:assert/strict";
import { assertGreater, assertLess, assertRejects } from "../assert.ts";
import { fewImages } from "../few_images.ts";
import { openDataset } from "../../lib/data/open_dataset.ts";
import { exampleImages } from "../../lib/diagnosis/example_images.ts";
import { checkGradients } from "../../lib/diagnosis/gradient_check.ts";
import { loaderStatistics } from "../../lib/diagnosis/loader_statistics.ts";
import { compareLogits } from "../../lib/diagnosis/logits_agreement.ts";
import { compareFilters } from "../../lib/diagnosis/resize_filters.ts";
import { startScores } from "../../lib/diagnosis/start_scores.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { DataLoader } from "../../lib/pixels/loader.ts";
import { normalisation } from "../../lib/pixels/normalisation.ts";
import { createSystem } from "../../lib/systems/create_system.ts";
import { pixelSet, runData } from "../runs/pixels.ts";

Deno.test("every array's gradient agrees with the central difference", () => {
  const checks = checkGradients(lenet5(5));
  assert.deepEqual(checks.length, 10);
  for (const { element, backward, difference } of checks) {
    assertLess(Math.abs(backward - difference), 1e-7, element);
  }
  assert(checks.some(({ backward }) => backward !== 0));
});

Deno.test("systems with equal weights have equal logits, and get their own weights back", async () => {
  const systems = [
    await createSystem("numpy", lenet5(5), { seed: 1 }),
    await createSystem("numpy", lenet5(5), { seed: 2, engine: "reference" }),
  ];
  const before = await systems[1]!.weights();
  const { systems: names, images, differences } = await compareLogits(systems, pixelSet(10, 5, 1));
  assert.deepEqual([names, images], [["numpy", "numpy"], 10]);
  assert.deepEqual([differences[0]![0], differences[1]![1]], [0, 0]);
  assert.deepEqual(differences[0]![1], differences[1]![0]);
  assertLess(differences[0]![1]!, 1e-5);
  assert.deepEqual(await systems[1]!.weights(), before);
  await assertRejects(() => compareLogits(systems, pixelSet(0, 5, 1)), RangeError);
  for (const system of systems) system.dispose();
});

Deno.test("an untrained system loses about ln K", async () => {
  const system = await createSystem("numpy", lenet5(5), { seed: 1 });
  const [scores] = await startScores([system], runData(5));
  assert.deepEqual(scores!.system, "numpy");
  assertLess(Math.abs(scores!.loss - Math.log(5)), 0.5);
  system.dispose();
});

Deno.test("a loader's statistics: sizes, standardised levels, another order in each epoch", async () => {
  const pixels = pixelSet(60, 5, 1);
  const loader = new DataLoader(pixels, {
    ...{ batchSize: 25, shuffle: true, seed: 1, normalisation: normalisation(pixels) },
  });
  const epochs = await loaderStatistics(loader, 2);
  assert.deepEqual(
    epochs.map(({ epoch, batches, firstSize, lastSize }) => [
      ...[epoch, batches, firstSize, lastSize],
    ]),
    [[1, 3, 25, 10], [2, 3, 25, 10]],
  );
  for (const { mean, std } of epochs) {
    assertLess(Math.abs(mean), 1e-6);
    assertLess(Math.abs(std - 1), 1e-6);
  }
  assert(epochs[0]!.labels.join() !== epochs[1]!.labels.join());
});

Deno.test("antialiasing leaves less roughness than OpenCV's filter; examples show both sizes", async () => {
  const dataset = await openDataset(await fewImages());
  const { images, roughness, difference } = await compareFilters(dataset, 5);
  assert.deepEqual(images, 5);
  assertGreater(roughness.opencv, roughness.antialiased);
  assertGreater(difference, 0);
  const examples = await exampleImages(dataset, 3);
  assert.deepEqual(examples.length, 3);
  for (const { jpeg, grey, width, height } of examples) {
    assert.deepEqual([...jpeg.subarray(0, 2), grey.length], [0xff, 0xd8, 1024]);
    assert(width >= 32 && height >= 32);
  }
  assert.deepEqual(new Set(examples.map(({ className }) => className)).size, 3);
});
