/** The int8 predictor as a module without dependencies, in Node.js, and in a page that is opened from a folder. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Classifier, decodeClassifier } from "../../lib/classifier/mod.ts";
import { encodeModel } from "../../lib/compression/quantization/quantized_model_file.ts";
import { openInt8Classifier } from "../../lib/int8/mod.ts";
import { projectRoot } from "../../lib/util/files.ts";
import { bundleInt8 } from "../../tasks/bundle_int8.ts";
import { documentText } from "../../tasks/documents.ts";
import { makePage } from "../../tasks/page.ts";
import { assertLess } from "../assert.ts";
import { needsChromium, runWithChromium } from "../chromium.ts";
import { needsNode, runNode } from "../node.ts";
import type { PageAnswers } from "./classify_in_page.ts";
import { classifierFile, int8Model } from "./model.ts";

const fixtures = join(projectRoot, "tests/fixtures/opencv");
const module = await bundleInt8();
const png = join(fixtures, "alpha.png"), jpeg = join(fixtures, "colour.jpg");

/** What lib/'s classifier answers, whose images sharp and libjpeg-turbo decode. */
async function expected(path: string) {
  using classifier = await Classifier.open(decodeClassifier(classifierFile));
  const pixels = await classifier.pixels(path), logits = await classifier.logits(pixels, 1);
  const answer = await classifier.classify(path);
  const names = answer.map(({ name }) => name);
  return { pixels: [...pixels], logits: [...logits], names, answer };
}

Deno.test("the predictor answers with the bits of the classifier, from PNG bytes and from pixels", async () => {
  const classifier = await openInt8Classifier(classifierFile);
  const { pixels, logits, answer } = await expected(png), bytes = await Deno.readFile(png);
  assert.deepEqual([...await classifier.pixels(bytes)], pixels);
  assert.deepEqual([...classifier.logits(Uint8Array.from(pixels), 1)], logits);
  assert.deepEqual(await classifier.classify(bytes), answer);
  assert.deepEqual(await classifier.classify(bytes, { top: 2 }), answer.slice(0, 2));
  const grey = Uint8Array.from({ length: 40 * 40 }, (_, i) => i % 251);
  const side = { width: 40, height: 40 };
  const data = Uint8ClampedArray.from(
    { length: 4 * grey.length },
    (_, i) => i % 4 < 3 ? grey[i >> 2]! : 0,
  );
  using other = await Classifier.open(decodeClassifier(classifierFile));
  assert.deepEqual(
    await classifier.classify({ ...side, data }),
    await other.classify({ kind: "raw", ...side, channels: 1, data: grey }),
  );
});

Deno.test("bytes that are not those of a whole number of images are refused", async () => {
  const alone = await openInt8Classifier(classifierFile);
  using classifier = await Classifier.open(decodeClassifier(classifierFile));
  const { channels, height, width } = alone.input, length = channels * height * width;
  const wrong = [[length, -1], [1.5 * length, 1.5], [0, NaN], [length + 1, 1], [length, 2]];
  for (const [bytes, count] of wrong) {
    const pixels = new Uint8Array(bytes!);
    assert.throws(() => alone.logits(pixels, count!), RangeError, `${count}`);
    await assert.rejects(() => classifier.logits(pixels, count!), RangeError, `${count}`);
  }
  assert.throws(() => alone.logits("x".repeat(length) as never, 1), /Uint8Array/);
  assert.deepEqual(alone.logits(new Uint8Array(), 0), new Float32Array());
});

Deno.test("pixels of a size that no image has, and options that there are not, are refused", async () => {
  const alone = await openInt8Classifier(classifierFile);
  for (const [width, height] of [[-1, -1], [0.5, 2], [2.5, 4], [0, 0], ["2", "2"]]) {
    const side = Math.abs(Number(width) * Number(height));
    const image = { width, height, data: new Uint8Array(4 * side) } as never;
    await assert.rejects(() => alone.classify(image), /BadImage/, `${width}×${height}`);
  }
  const image = { width: 1, height: 1, data: new Uint8Array(4) };
  for (const options of [{ topp: 1 }, null]) {
    await assert.rejects(() => alone.classify(image, options as never), RangeError);
  }
});

Deno.test("a model alone is opened too, with numbers for names; other files are refused", async () => {
  const { classes } = await openInt8Classifier(encodeModel(int8Model));
  assert.deepEqual(classes, ["class 0", "class 1", "class 2", "class 3"]);
  const weights = join(projectRoot, "tests/fixtures/frameworks/lenet5.safetensors");
  const refused = [await Deno.readFile(weights), classifierFile.slice(0, 999), new Uint8Array(9)];
  for (const bytes of refused) {
    await assert.rejects(
      () => openInt8Classifier(bytes, "a.safetensors"),
      /^ModelFileError: a\.saf/,
    );
  }
  const classifier = await openInt8Classifier(classifierFile);
  await assert.rejects(() => classifier.pixels(new Uint8Array(50)), /it is no PNG file; decode it/);
  const tooFew = { width: 4, height: 4, data: new Uint8Array(48) };
  await assert.rejects(() => classifier.classify(tooFew), /48 bytes are not 4×4 pixels/);
  await assert.rejects(() => classifier.classify(tooFew, { top: 0 }), /top must be .*, got 0/);
  // what a program gives whose types nobody checks
  const names = "pets.safetensors" as unknown as Uint8Array;
  await assert.rejects(
    () => openInt8Classifier(names),
    /takes the bytes of a file, got pets\.safe/,
  );
  for (const none of [undefined, "photo.png", new ArrayBuffer(8), { width: 1, height: 1 }]) {
    await assert.rejects(
      () => classifier.classify(none as unknown as Uint8Array),
      /an image must be decoded pixels .* or the bytes of a PNG file/,
    );
  }
});

Deno.test("the module is one file of the size that lib/README.md names and imports nothing", async () => {
  assert.deepEqual(
    module.match(/\bDeno\.|\bimport\s*[{"'*(]|\brequire\(/g),
    null,
  );
  const page = await documentText("lib/README.md");
  const packed = new Blob([module]).stream().pipeThrough(new CompressionStream("gzip"));
  const [whole, small] = [module.length, (await new Response(packed).bytes()).length]
    .map((bytes) => Math.round(bytes / 1000));
  assert(
    page.includes(`of ${whole} kB (${small} kB in gzip)`),
    `${whole} kB, ${small} kB in gzip`,
  );
  // also from text, which has no folder that anything could be beside
  const { openInt8Classifier: open } = await import(
    `data:text/javascript,${encodeURIComponent(module)}`
  );
  const [{ name }] = await (await open(classifierFile)).classify(await Deno.readFile(png));
  assert.equal(name, (await expected(png)).answer[0]!.name);
});

Deno.test(...needsNode("the module answers in Node.js with the same bits"), async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "int8.mjs"), module);
    await Deno.writeFile(join(folder, "pets.safetensors"), classifierFile);
    const script = fileURLToPath(new URL("./classify.js", import.meta.url));
    await Deno.copyFile(script, join(folder, "classify.mjs"));
    const told = await runNode(["classify.mjs", "int8.mjs", "pets.safetensors", png], folder);
    const { answer: _, ...wanted } = await expected(png);
    assert.deepEqual(JSON.parse(told), wanted);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test(
  ...needsChromium("a page opened from a folder classifies dropped images with the same bits"),
  async () => {
    const folder = await Deno.makeTempDir(), file = join(folder, "page.html");
    let answers: PageAnswers;
    try {
      await Deno.writeTextFile(file, await makePage(classifierFile));
      const script = new URL("./classify_in_page.ts", import.meta.url);
      answers = await runWithChromium(script, [file, png, jpeg]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    const { chosen, dropped, names, errors, ...rest } = answers;
    assert.deepEqual(errors, []);
    assert.equal(rest.isolated, false);
    assert.match(rest.opened, /^Ready: 4 classes, on the kernels \(narrow\)/);
    // the last bit of a probability is that of the engine's Math.exp
    const wanted = await expected(png);
    assert.deepEqual(chosen.pixels, wanted.pixels);
    assert.deepEqual(chosen.logits, wanted.logits);
    assert.deepEqual(chosen.answer.map(({ name }) => name), wanted.names);
    // the browser decodes JPEGs with roundings of its own
    const { pixels } = await expected(jpeg);
    const levels = pixels.map((level, i) => Math.abs(level - dropped.pixels[i]!));
    assertLess(Math.max(...levels), 9);
    assert.deepEqual(names, dropped.answer.map(({ name }) => name));
    assert.match(rest.refused, /it is no PNG file/);
  },
);
