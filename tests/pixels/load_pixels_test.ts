import assert from "node:assert/strict";
import sharp from "sharp";
import { assertRejects } from "../assert.ts";
import type { Dataset, ImageSource, Split } from "../../lib/data/dataset.ts";
import { loadPixels } from "../../lib/pixels/load_pixels.ts";
import { type PackOptions, packPixels } from "../../lib/pixels/pack_pixels.ts";
import { withoutOpening } from "./without_opening.ts";
import { ImagePixels } from "../../lib/pixels/image_pixels.ts";

/** A folder with six small images and a cache, and what happens when they are packed. */
class Bench {
  readonly notices: string[] = [];
  readonly pack: PackOptions;
  labels = Int32Array.of(0, 0, 1, 1, 2, 2);
  names = [..."abcdef"].map((letter) => `${letter}.png`);

  constructor(readonly dir: string) {
    this.pack = {
      cacheDir: `${dir}/cache`,
      onNotice: (message) => this.notices.push(message),
    };
  }

  path(i: number): string {
    return `${this.dir}/${this.names[i]}`;
  }

  split(): Split {
    const { names, labels } = this;
    return {
      length: names.length,
      labels,
      name: (i) => names[i]!,
      image: (i) => ({ kind: "file", path: this.path(i) }),
    };
  }

  /** Packs the images; says whether any had to be decoded, or at least read. */
  async packs(options = {}, split = this.split()) {
    const notes: string[] = [];
    const onProgress = (_: number, __: number, note?: string) => void notes.push(note!);
    const set = await packPixels(split, options, { ...this.pack, onProgress });
    return { set, decoded: notes.includes("preprocessing") };
  }

  async cacheFiles(end: string): Promise<string[]> {
    const files: string[] = [];
    try {
      for await (const { name } of Deno.readDir(this.pack.cacheDir!)) {
        if (name.endsWith(end)) files.push(`${this.pack.cacheDir}/${name}`);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return files;
  }
}

/** A ramp, stored uncompressed so that all have the same size. */
async function png(level: number): Promise<Uint8Array> {
  const data = new Uint8Array(40 * 30).map((_, i) => (i % 40) * level);
  const raw = { width: 40, height: 30, channels: 1 } as const;
  return await sharp(data, { raw }).png({ compressionLevel: 0 }).toBuffer();
}

function test(name: string, body: (bench: Bench) => Promise<void>): void {
  Deno.test(name, async () => {
    const bench = new Bench(await Deno.makeTempDir());
    try {
      for (let i = 0; i < 6; i++) await Deno.writeFile(bench.path(i), await png(i + 1));
      await body(bench);
    } finally {
      await Deno.remove(bench.dir, { recursive: true });
    }
  });
}

/** Lets the second pass in which files were changed: the cache trusts times older than that. */
async function nextSecond(): Promise<void> {
  // and a little more: a file's time lags behind the clock
  await new Promise((resolve) => setTimeout(resolve, 1150 - Date.now() % 1000));
}

test("packed pixels are those of the lazy data set", async (bench) => {
  for (const filter of ["opencv", "antialiased"] as const) {
    const options = { width: 20, height: 12, filter };
    const { set, decoded } = await bench.packs(options);
    const lazy = new ImagePixels(bench.split(), options);
    assert(decoded);
    assert.deepEqual([set.length, set.channels, set.height, set.width], [6, 1, 12, 20]);
    assert.deepEqual([lazy.length, lazy.channels, lazy.height, lazy.width], [6, 1, 12, 20]);
    assert.deepEqual(set.labels, lazy.labels);
    for (let i = 0; i < 6; i++) assert.deepEqual(set.get(i), await lazy.get(i));
    await assertRejects(() => lazy.get(6), RangeError, "no image 6");
  }
});

test("a second time no image is read", async (bench) => {
  await nextSecond();
  const first = await bench.packs();
  await withoutOpening(".png", async () => {
    const second = await bench.packs();
    assert(!second.decoded);
    assert.deepEqual(second.set.key, first.set.key);
    assert.deepEqual(second.set.pixels, first.set.pixels);
    assert.deepEqual(second.set.labels, first.set.labels);
  });
});

test("files touched, moved or renamed but equal are read, not decoded, and then known", async (bench) => {
  const { set } = await bench.packs();
  await Deno.utime(bench.path(2), 1000, 1000);
  await Deno.rename(bench.path(3), `${bench.dir}/other.png`);
  bench.names[3] = "other.png";
  await nextSecond();
  const again = await bench.packs();
  assert(!again.decoded);
  assert.deepEqual(again.set.key, set.key);
  await withoutOpening(".png", async () => assert(!(await bench.packs()).decoded));
});

test("a changed image is noticed, even with its size and time of change as before", async (bench) => {
  // At once, when the times cannot tell yet, and later, when only the inode's time does.
  for (const [level, settle] of [[9, async () => {}], [12, nextSecond]] as const) {
    await settle();
    const { set } = await bench.packs();
    const before = await Deno.stat(bench.path(4));
    await Deno.writeFile(bench.path(4), await png(level));
    await Deno.utime(bench.path(4), before.atime!, before.mtime!);
    const after = await Deno.stat(bench.path(4));
    assert.deepEqual([after.size, after.mtime], [before.size, before.mtime]);
    await settle();
    const changed = await bench.packs();
    assert(changed.decoded);
    assert.notDeepEqual(changed.set.key, set.key);
    assert.notDeepEqual(changed.set.get(4), set.get(4));
  }
});

test("relabelling, another order and other options are noticed", async (bench) => {
  const keys = [(await bench.packs()).set.key];
  const next = async (options = {}) => {
    const { set, decoded } = await bench.packs(options);
    assert(decoded);
    keys.push(set.key);
    return set;
  };
  bench.labels = Int32Array.of(0, 0, 1, 1, 2, 1);
  assert.deepEqual((await next()).labels, bench.labels);
  bench.names.reverse();
  await next();
  await next({ filter: "antialiased" });
  await next({ width: 16, height: 64 }); // as many pixels
  bench.names.pop();
  bench.labels = bench.labels.slice(0, 5);
  assert.deepEqual((await next()).length, 5);
  assert.deepEqual(new Set(keys).size, 6);
});

test("raw images are noticed when their content or shape changes", async (bench) => {
  const data = new Uint8Array(48).map((_, i) => i * 5);
  const split = (image: ImageSource): Split => ({
    length: 1,
    labels: Int32Array.of(0),
    name: () => "archive#0",
    image: () => image,
  });
  const source = { kind: "raw", width: 8, height: 6, channels: 1, data } as const;
  const { set } = await bench.packs({}, split(source));
  assert(!(await bench.packs({}, split({ ...source, data: data.slice() }))).decoded);
  const turned = await bench.packs({}, split({ ...source, width: 6, height: 8 }));
  const colour = await bench.packs({}, split({ ...source, width: 4, height: 4, channels: 3 }));
  const darker = await bench.packs({}, split({ ...source, data: data.map((v) => v >> 1) }));
  assert(turned.decoded && colour.decoded && darker.decoded);
  assert.deepEqual(new Set([set, turned.set, colour.set, darker.set].map((s) => s.key)).size, 4);
});

const damages: Record<string, (file: Uint8Array) => Uint8Array> = {
  "cut short": (file) => file.subarray(0, file.length - 100),
  "cut to nothing": () => new Uint8Array(),
  "with a pixel flipped": (file) => flip(file, file.length - 700),
  "with a label flipped": (file) => flip(file, file.length - 6 * 1024 - 4),
  "of another version": (file) => flip(file, 13),
  "with a broken header": (file) => flip(file, 15),
  "with another count": (file) => {
    const at = new TextDecoder().decode(file.subarray(0, 60)).indexOf('"count":6') + 8;
    return flip(file, at);
  },
  "with bytes after its end": (file) => Uint8Array.from([...file, 0]),
};

function flip(file: Uint8Array, at: number): Uint8Array {
  const flipped = file.slice();
  flipped[at]! ^= 1;
  return flipped;
}

for (const [damage, apply] of Object.entries(damages)) {
  test(`a cache file ${damage} is noticed and made anew`, async (bench) => {
    const { set } = await bench.packs();
    const [file] = await bench.cacheFiles(".pixels");
    const intact = await Deno.readFile(file!);
    await Deno.writeFile(file!, apply(intact));
    const again = await bench.packs();
    assert(again.decoded);
    assert.deepEqual(again.set.pixels, set.pixels);
    assert.deepEqual(again.set.labels, set.labels);
    assert.deepEqual(bench.notices.length, 1);
    assert(bench.notices[0]!.startsWith(`${file} is made anew: `));
    assert.deepEqual(await Deno.readFile(file!), intact);
    assert(!(await bench.packs()).decoded);
  });
}

test("a damaged stamp is no harm", async (bench) => {
  await nextSecond();
  const { set } = await bench.packs();
  const [stamp] = await bench.cacheFiles(".stamp");
  await Deno.writeTextFile(stamp!, "../../elsewhere");
  const again = await bench.packs();
  assert(!again.decoded);
  assert.deepEqual(again.set.key, set.key);
});

test("a damaged or missing image fails by name and leaves nothing in the cache", async (bench) => {
  await Deno.truncate(bench.path(5), 60);
  const error = await assertRejects(() => bench.packs(), Error, "damaged or cut short");
  assert(error.message.startsWith("f.png: "));
  assert.deepEqual(await bench.cacheFiles(""), []);
  await Deno.remove(bench.path(5));
  await assertRejects(() => bench.packs(), Error, "f.png: there is no such file");
  assert.deepEqual(await bench.cacheFiles(""), []);
});

test("after a failure no further image is decoded", async (bench) => {
  let asked = 0;
  const split: Split = {
    length: 100,
    labels: new Int32Array(100),
    name: (i) => `archive#${i}`,
    image: (i) => {
      asked++;
      const data = new Uint8Array(i === 0 ? 3 : 4); // a byte is missing in the first
      return { kind: "raw", width: 2, height: 2, channels: 1, data };
    },
  };
  await assertRejects(() => packPixels(split, {}, { ...bench.pack, concurrency: 2 }), Error, "#0");
  assert(asked < 100 + 10, `${asked - 100} images after their stamps`);
});

test("a cache that cannot be written is said, and the pixels come all the same", async (bench) => {
  const cacheDir = bench.path(0); // a file stands where the folder should
  const notices: string[] = [];
  const onNotice = (message: string) => void notices.push(message);
  const set = await packPixels(bench.split(), {}, { cacheDir, onNotice });
  assert.deepEqual(set.length, 6);
  assert.deepEqual(notices.length, 1);
  assert(notices[0]!.includes(cacheDir));
});

test("the parts of a data set are packed with one key and one count of progress", async (bench) => {
  const part = (from: number, to: number): Split => {
    const split = bench.split();
    return {
      length: to - from,
      labels: split.labels.slice(from, to),
      name: (i) => split.name(from + i),
      image: (i) => split.image(from + i),
    };
  };
  const dataset: Dataset = {
    name: "six",
    root: bench.dir,
    layout: "list",
    classes: ["ant", "bee", "cat"],
    synthetic: false,
    splits: { train: part(0, 3), val: part(3, 5), test: part(5, 6) },
  };
  const steps: string[] = [];
  const onProgress = (done: number, total: number) => void steps.push(`${done}/${total}`);
  const pixels = await loadPixels(dataset, {}, { ...bench.pack, onProgress });
  assert.deepEqual(steps, ["1/6", "2/6", "3/6", "4/6", "5/6", "6/6"]);
  assert.deepEqual([pixels.train, pixels.val, pixels.test].map((set) => set.length), [3, 2, 1]);
  assert.deepEqual(pixels.classes, dataset.classes);
  const same = await loadPixels(dataset, {}, bench.pack);
  assert.deepEqual(same.key, pixels.key);
  const swapped = { ...dataset, splits: { ...dataset.splits, val: part(3, 4) } };
  assert.notDeepEqual((await loadPixels(swapped, {}, bench.pack)).key, pixels.key);
});

test("concurrency without sense is refused", async (bench) => {
  await assertRejects(
    () => packPixels(bench.split(), {}, { ...bench.pack, concurrency: 0 }),
    RangeError,
    "concurrency must be an integer from 1, got 0",
  );
});
