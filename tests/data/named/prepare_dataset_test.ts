import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { assertRejects } from "../../assert.ts";
import { chooseDataset } from "../../../lib/data/choose_dataset.ts";
import { DataError } from "../../../lib/data/data_error.ts";
import type { KnownDataset } from "../../../lib/data/named/known_dataset.ts";
import { knownDatasets } from "../../../lib/data/named/known_datasets.ts";
import { prepareDataset } from "../../../lib/data/named/prepare_dataset.ts";
import { tinyImagenetClasses } from "../../../lib/data/named/tiny_imagenet.ts";
import { openDataset } from "../../../lib/data/open_dataset.ts";
import { exists, sha256 } from "../../../lib/util/files.ts";
import { openNoting, withFiles } from "../files.ts";
import { tar, zip } from "./archives.ts";
import { serveFiles } from "./file_server.ts";

const known = (name: string) => knownDatasets.find((known) => known.name === name)!;

/** A known data set whose files are others, as they are served by a test. */
async function withOwnFiles(
  name: string,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<KnownDataset> {
  const { installed: _, ...rest } = known(name);
  const own = await Promise.all(rest.files.map(async (file) => ({
    ...{ ...file, bytes: files[file.name]!.length, urls: ["http://127.0.0.1:1/"] },
    checksum: { algorithm: "sha256", value: await sha256(files[file.name]!) } as const,
  })));
  return { ...rest, files: own };
}

const served = (name: string, files: Readonly<Record<string, Uint8Array>>) =>
  Object.fromEntries(Object.entries(files).map(([file, bytes]) => [`${name}/${file}`, bytes]));

function idx(shape: number[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, 0x800 + shape.length);
  shape.forEach((side, i) => header.setUint32(4 + 4 * i, side));
  const data = Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i % 10);
  return new Uint8Array(gzipSync(Uint8Array.from([...new Uint8Array(header.buffer), ...data])));
}

const idxFiles = {
  "train-images-idx3-ubyte.gz": idx([40, 2, 3]),
  "train-labels-idx1-ubyte.gz": idx([40]),
  "t10k-images-idx3-ubyte.gz": idx([20, 2, 3]),
  "t10k-labels-idx1-ubyte.gz": idx([20]),
};

Deno.test("every known data set has a home, a license, sizes and whole checksums", () => {
  assert.deepEqual(
    knownDatasets.map(({ name }) => name),
    ["fashion-mnist", "mnist", "cifar10", "tiny-imagenet-50"],
  );
  for (const { files, license, source, classes, name } of knownDatasets) {
    assert(license && source.startsWith("http"));
    if (!name.startsWith("cifar") && !name.startsWith("tiny")) assert.equal(classes?.length, 10);
    for (const { urls, bytes, checksum: { algorithm, value } } of files) {
      assert.match(value, algorithm === "md5" ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{64}$/);
      assert(bytes > 1000 && urls.length > 0);
    }
  }
  assert.equal(new Set(tinyImagenetClasses.map(([wordnet]) => wordnet)).size, 50);
});

Deno.test("Fashion-MNIST comes from a mirror, once, with its classes' names", async () => {
  const fashion = await withOwnFiles("fashion-mnist", idxFiles);
  await using server = serveFiles(served("fashion-mnist", idxFiles));
  await withFiles({}, async (home) => {
    const told: [number, number][] = [];
    const options = {
      ...{ home, mirror: server.home },
      onProgress: (done: number, total: number) => void told.push([done, total]),
    };
    const folder = await prepareDataset(fashion, options);
    const { classes, splits } = await openDataset(folder);
    assert.deepEqual(classes, fashion.classes);
    assert.equal(splits.test.length, 20);
    assert.equal(told.at(-1)![0], told.at(-1)![1]);
    await prepareDataset(fashion, options);
    assert.equal(server.requests.length, 4);
    assert.deepEqual([...Deno.readDirSync(home)].map(({ name }) => name), ["fashion-mnist"]);
  });
});

Deno.test("a download that failed leaves no folder, and the next one goes on", async () => {
  const mnist = await withOwnFiles("mnist", idxFiles);
  await using server = serveFiles(served("mnist", idxFiles));
  await withFiles({}, async (home) => {
    const options = { home, mirror: server.home, pause: 0, attempts: 1 };
    const broken = { ...mnist, files: mnist.files.with(2, { ...mnist.files[2]!, bytes: 1 }) };
    await assertRejects(() => prepareDataset(broken, options), DataError, "t10k-images");
    assert(!await exists(join(home, "mnist")));
    await prepareDataset(mnist, options);
    assert.equal(server.requests.filter((path) => path.includes("train-images")).length, 1);
  });
});

Deno.test("two who want the same data set download it once", async () => {
  const mnist = await withOwnFiles("mnist", idxFiles);
  await using server = serveFiles(served("mnist", idxFiles));
  await withFiles({}, async (home) => {
    const options = { home, mirror: server.home };
    await Promise.all([prepareDataset(mnist, options), prepareDataset(mnist, options)]);
    assert.equal(server.requests.length, 4);
  });
});

Deno.test("CIFAR-10 is unpacked; the archive is not kept", async () => {
  const batch = Uint8Array.from(
    { length: 20 * 3073 },
    (_, i) => i % 3073 === 0 ? i / 3073 % 10 : 7,
  );
  const inside: Record<string, string | Uint8Array> = { "cifar-10-batches-bin/readme.html": "" };
  for (let i = 1; i <= 5; i++) inside[`cifar-10-batches-bin/data_batch_${i}.bin`] = batch;
  inside["cifar-10-batches-bin/test_batch.bin"] = batch;
  const names = ["airplane", "automobile", "bird", "cat", "deer"]
    .concat("dog", "frog", "horse", "ship", "truck");
  inside["cifar-10-batches-bin/batches.meta.txt"] = names.join("\n");
  const files = { "cifar-10-binary.tar.gz": new Uint8Array(gzipSync(tar(inside))) };
  await using server = serveFiles(served("cifar10", files));
  await withFiles({}, async (home) => {
    const cifar = await withOwnFiles("cifar10", files);
    const folder = await prepareDataset(cifar, { home, mirror: server.home });
    const { classes, splits } = await openDataset(folder);
    assert.deepEqual(classes, names);
    assert.equal(splits.train.length + splits.val.length, 100);
    assert.deepEqual([...Deno.readDirSync(home)].map(({ name }) => name), ["cifar10"]);
  });
});

Deno.test("an archive that lacks a file leaves nothing unpacked", async () => {
  const files = { "cifar-10-binary.tar.gz": new Uint8Array(gzipSync(tar({ a: "x" }))) };
  await using server = serveFiles(served("cifar10", files));
  await withFiles({}, async (home) => {
    const cifar = await withOwnFiles("cifar10", files);
    await assertRejects(
      () => prepareDataset(cifar, { home, mirror: server.home }),
      DataError,
      "cifar-10-binary.tar.gz lacks batches.meta.txt, test_batch.bin",
    );
    const left = [...Deno.readDirSync(join(home, "cifar10.part"))].map(({ name }) => name);
    assert.deepEqual(left, ["cifar-10-binary.tar.gz"]);
  });
});

Deno.test("fifty classes of Tiny ImageNet in the paper's lists, 450 images for the test", async () => {
  const root = "tiny-imagenet-200", inside: Record<string, string> = {};
  const annotations: string[] = [];
  for (
    const [label, [wordnet]] of [...tinyImagenetClasses, ["n99999999", "no"] as const].entries()
  ) {
    for (const i of [10, 9]) inside[`${root}/train/${wordnet}/images/${wordnet}_${i}.JPEG`] = "x";
    for (let i = 0; i < 20; i++) {
      const image = `val_${20 * label + i}.JPEG`;
      inside[`${root}/val/images/${image}`] = image;
      annotations.push(`${image}\t${wordnet}\t0\t0\t62\t62\n`);
    }
  }
  inside[`${root}/val/val_annotations.txt`] = annotations.join("");
  const files = { "tiny-imagenet-200.zip": zip(inside) };
  await using server = serveFiles(served("tiny-imagenet-50", files));
  await withFiles({}, async (home) => {
    const tiny = await withOwnFiles("tiny-imagenet-50", files);
    const folder = await prepareDataset(tiny, { home, mirror: server.home });
    const { dataset: { classes, splits, layout }, notices } = await openNoting(folder);
    assert.deepEqual(notices, []);
    assert.equal(layout, "list");
    assert.deepEqual([classes[0], classes[49]], ["tarantula", "lesser panda"]);
    const counts = [splits.train, splits.val, splits.test].map(({ length }) => length);
    assert.deepEqual(counts, [100, 450, 450]);
    assert.equal(splits.train.name(0), "images/n01774750/n01774750_9.JPEG");
    for (const split of [splits.val, splits.test]) {
      for (let i = 0; i < split.length; i++) {
        const image = Number(/val_(\d+)/.exec(split.name(i))![1]);
        assert.equal(Math.floor(image / 20), split.labels[i]);
      }
    }
  });
});

Deno.test("a mirror that is no address is refused, and nobody else is asked", async () => {
  await using server = serveFiles({});
  await withFiles({}, async (home) => {
    const file = { ...known("cifar10").files[0]!, urls: [`${server.home}x`] };
    for (const mirror of ["", " ", "127.0.0.1:8000", "file:///srv/data", "https://"]) {
      await assertRejects(
        () => prepareDataset({ ...known("cifar10"), files: [file] }, { home, mirror }),
        DataError,
        `is ${mirror}; its address must begin with http`,
      );
    }
    assert.deepEqual([server.requests, [...Deno.readDirSync(home)].length], [[], 0]);
  });
});

Deno.test("a word that is neither a name nor a folder is refused with the names", async () => {
  await assertRejects(
    () => chooseDataset("fashion_mnist"),
    DataError,
    "no data set is known by that name; known are fashion-mnist, mnist, cifar10, tiny-imagenet-50",
  );
});

Deno.test({
  name: "Fashion-MNIST of Debian's package is taken as it is, with the classes' names",
  ignore: !await exists(known("fashion-mnist").installed!.folder),
  async fn() {
    await withFiles({}, async (home) => {
      const { classes, splits } = await chooseDataset("fashion-mnist", undefined, { home });
      assert.equal(classes[9], "Ankle boot");
      assert.deepEqual([splits.train.length, splits.test.length], [54_000, 10_000]);
      assert.deepEqual([...Deno.readDirSync(home)], []);
    });
  },
});
