import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { assertRejects } from "../assert.ts";
import { openDataset } from "../../lib/data/open_dataset.ts";
import { drawScene } from "../../lib/data/synthetic/scene.ts";
import { generateSynthetic } from "../../lib/data/synthetic/generate_synthetic.ts";
import { fullSize, plan } from "../../lib/data/synthetic/synthetic_plan.ts";
import { species } from "../../lib/data/synthetic/species.ts";
import { sha256 } from "../../lib/util/files.ts";
import { Rng } from "../../lib/util/rng.ts";

const options = { train: 50, heldOut: 1, seed: 3 };

/** Digest of every file by its path. */
async function digests(folder: string, under = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { name, isDirectory } of Deno.readDirSync(join(folder, under))) {
    const path = join(under, name);
    if (isDirectory) Object.assign(found, await digests(folder, path));
    else found[path] = await sha256(await Deno.readFile(join(folder, path)));
  }
  return found;
}

Deno.test("the images depend on the seed alone, and what was cut short is completed", async () => {
  const root = await Deno.makeTempDir();
  const [one, two, other] = ["one", "two", "other"].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  await generateSynthetic(one, options, { workers: 1 });
  const expected = await digests(one);

  // cut short after the first images
  await assertRejects(
    () =>
      generateSynthetic(two, options, {
        workers: 2,
        onProgress: () => {
          throw new Error("pulled the plug");
        },
      }),
    Error,
    "pulled the plug",
  );
  await assertRejects(() => openDataset(two), Error, "no data set");
  await generateSynthetic(two, options, { workers: 3 });
  assert.deepEqual(await digests(two), expected);

  await generateSynthetic(other, { ...options, seed: 4 });
  const image = Object.keys(expected).find((path) => path.endsWith("train_0000.JPEG"))!;
  assert.notDeepEqual((await digests(other))[image], expected[image]);

  // other options: nothing of the old set stays
  await generateSynthetic(other, options);
  assert.deepEqual(await digests(other), expected);
  await Deno.remove(root, { recursive: true });
});

Deno.test("JPEG and PNG, grey, colour and alpha, from 40 to 500 pixels, of which two workers tell", async () => {
  const root = await Deno.makeTempDir();
  const steps: number[] = [];
  await generateSynthetic(root, { train: 100, heldOut: 1, seed: 1 }, {
    workers: 2,
    onProgress: (done, total) => {
      assert.deepEqual(total, 200);
      steps.push(done);
    },
  });
  assert.deepEqual(steps, steps.toSorted((a, b) => a - b), "the progress never falls");
  assert.deepEqual([steps.length, steps.at(-1)], [8, 200]);
  const { classes, synthetic, splits } = await openDataset(root);
  assert.deepEqual([classes.length, new Set(classes).size, synthetic], [50, 50, true]);
  const kinds = new Set<string>();
  const sides: number[] = [];
  for (const split of Object.values(splits)) {
    for (let i = 0; i < split.length; i++) {
      const image = split.image(i);
      if (image.kind !== "file") throw new Error("a file expected");
      const { format, channels = 0, width = 0, height = 0 } = await sharp(image.path).metadata();
      kinds.add(`${format}${channels}`);
      sides.push(width, height);
    }
  }
  assert.deepEqual([...kinds].sort(), ["jpeg1", "jpeg3", "png1", "png3", "png4"]);
  assert(Math.min(...sides) >= 40 && Math.min(...sides) < 60, `least ${Math.min(...sides)}`);
  assert(Math.max(...sides) <= 500 && Math.max(...sides) > 350, `most ${Math.max(...sides)}`);
  await Deno.remove(root, { recursive: true });
});

Deno.test("after a failure every worker stops, and nothing is written any more", async () => {
  const root = await Deno.makeTempDir();
  await assertRejects(
    () =>
      generateSynthetic(root, { train: 400, heldOut: 1, seed: 1 }, {
        workers: 3,
        onProgress: () => Promise.reject(new Error("the listener failed")),
      }),
    Error,
    "the listener failed",
  );
  const files = Object.keys(await digests(root)).length;
  assert(files < 300, `${files} files were written`);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(Object.keys(await digests(root)).length, files);
  await Deno.remove(root, { recursive: true });
});

Deno.test("a number of workers that makes no sense is refused", async () => {
  for (const workers of [0, 1.5, NaN]) {
    await assertRejects(
      () => generateSynthetic("unused", options, { workers }),
      RangeError,
      `workers must be a whole number of at least 1, got ${workers}`,
    );
  }
});

Deno.test("the drawn pixels are those of generator version 1", async () => {
  // Whoever changes the drawing on purpose raises `generatorVersion` and puts the new digest here.
  const every = plan({ train: 400, heldOut: 1, seed: 1 }).filter((_, i) => i % 8 === 0);
  const scenes = every.map(({ label, path }) => drawScene(species[label]!, new Rng(1).fork(path)));
  assert.deepEqual(new Set(scenes.map(({ channels }) => channels)), new Set([1, 3, 4]));
  const sizes = scenes.map(({ width, height, channels }) => `${width}×${height}×${channels}`);
  const digests = await Promise.all(scenes.map(({ data }) => sha256(data)));
  assert.deepEqual(
    await sha256([...sizes, ...digests].join("\n")),
    "f5362b77988edfdc509fc7c6092aaefcf3b3500f1e7788e2b155f63b9c83a897",
  );
});

Deno.test("the plan of the full size has the paper's counts, sorted by class", () => {
  const images = plan({ train: fullSize, heldOut: 9, seed: 1 });
  const train = images.filter(({ split }) => split === "train");
  assert.deepEqual(train.length, 63_325);
  assert.deepEqual(
    train.map(({ label }) => label),
    train.map(({ label }) => label).sort((a, b) => a - b),
  );
  const counts = species.map((_, label) => train.filter((image) => image.label === label).length);
  assert(Math.min(...counts) > 900 && Math.max(...counts) < 1600, counts.join());
  for (const split of ["val", "test"]) {
    const own = images.filter((image) => image.split === split);
    for (let label = 0; label < 50; label++) {
      assert.deepEqual(own.filter((image) => image.label === label).length, 9);
    }
  }
});

Deno.test("options that make no sense are refused before anything is removed", async () => {
  const root = await Deno.makeTempDir(), own = join(root, "images/s00_x/train_0000.JPEG");
  await Deno.mkdir(join(root, "images/s00_x"), { recursive: true });
  await Deno.writeTextFile(own, "drawn before");
  await Deno.writeTextFile(join(root, "synthetic.json"), "another generator's");
  const wrong = [{ train: -1 }, { train: 50.5 }, { heldOut: 0 }, { seed: NaN }, { classes: 3 }];
  for (const one of wrong) {
    await assertRejects(() => generateSynthetic(root, { ...options, ...one }), RangeError);
    assert.equal(await Deno.readTextFile(own), "drawn before", JSON.stringify(one));
  }
  await Deno.remove(root, { recursive: true });
});

Deno.test("a folder that holds something else is left alone", async () => {
  const root = await Deno.makeTempDir();
  await Deno.writeTextFile(join(root, "thesis.txt"), "mine");
  await assertRejects(() => generateSynthetic(root, options), Error, "choose an empty folder");
  assert.deepEqual([...Deno.readDirSync(root)].map(({ name }) => name), ["thesis.txt"]);
  await Deno.remove(root, { recursive: true });
});
