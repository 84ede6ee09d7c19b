/** The data sets that can be downloaded by their name, with what is known of their files. */
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import { nodeModule, writeFile } from "../../util/platform.ts";
import type { OnProgress } from "../../util/progress.ts";
import { DataError } from "../data_error.ts";
import type { KnownDataset, RemoteFile } from "./known_dataset.ts";
import { makeTinyImagenet50 } from "./tiny_imagenet.ts";
import { untar } from "./untar.ts";

/** The four files of MNIST or one of its successors at their addresses, with sizes and SHA-256. */
function idxFiles(
  homes: readonly string[],
  files: Readonly<Record<string, readonly [bytes: number, sha256: string]>>,
): RemoteFile[] {
  return Object.entries(files).map(([name, [bytes, value]]) => ({
    name,
    bytes,
    checksum: { algorithm: "sha256", value },
    urls: homes.map((home) => home + name),
  }));
}

/** The data sets that can be asked for by name. */
export const knownDatasets: readonly KnownDataset[] = [
  {
    name: "fashion-mnist",
    title: "Fashion-MNIST (Xiao, Rasul and Vollgraf 2017)",
    source: "https://github.com/zalandoresearch/fashion-mnist",
    license: "MIT",
    classes: ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"]
      .concat("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    installed: {
      folder: "/usr/share/datasets/fashion-mnist",
      package: "Debian's dataset-fashion-mnist",
    },
    files: idxFiles(["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"], {
      "train-images-idx3-ubyte.gz": [
        26_421_880,
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
      ],
      "train-labels-idx1-ubyte.gz": [
        29_515,
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
      ],
      "t10k-images-idx3-ubyte.gz": [
        4_422_102,
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
      ],
      "t10k-labels-idx1-ubyte.gz": [
        5_148,
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
      ],
    }),
  },
  {
    name: "mnist",
    title: "MNIST (LeCun, Cortes and Burges 1998)",
    source: "http://yann.lecun.com/exdb/mnist/",
    license: "its page names none; copies elsewhere say CC BY-SA 3.0",
    classes: Array.from({ length: 10 }, (_, digit) => String(digit)),
    files: idxFiles([
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ], {
      "train-images-idx3-ubyte.gz": [
        9_912_422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
      ],
      "train-labels-idx1-ubyte.gz": [
        28_881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
      ],
      "t10k-images-idx3-ubyte.gz": [
        1_648_877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
      ],
      "t10k-labels-idx1-ubyte.gz": [
        4_542,
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
      ],
    }),
  },
  {
    name: "cifar10",
    title: "CIFAR-10 (Krizhevsky 2009)",
    source: "https://www.cs.toronto.edu/~kriz/cifar.html",
    license: "its page names none and asks to cite the technical report",
    files: [{
      name: "cifar-10-binary.tar.gz",
      urls: ["https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"],
      bytes: 170_052_171,
      checksum: {
        algorithm: "sha256",
        value: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
      },
    }],
    unpack: unpackCifar,
  },
  {
    name: "tiny-imagenet-50",
    title: "50 animal classes of Tiny ImageNet (Stanford's course CS231n)",
    source: "http://cs231n.stanford.edu/tiny-imagenet-200.zip",
    license: "that of ImageNet: for research and teaching that is not commercial",
    files: [{
      name: "tiny-imagenet-200.zip",
      urls: [
        "https://cs231n.stanford.edu/tiny-imagenet-200.zip",
        "http://cs231n.stanford.edu/tiny-imagenet-200.zip",
      ],
      bytes: 248_100_043,
      checksum: { algorithm: "md5", value: "90528d7ca1a48142e341f4ef8d21d0de" },
    }],
    unpack: makeTinyImagenet50,
  },
];

/** CIFAR-10's six files have 30 MB each. */
const CIFAR_LIMIT = 2 ** 25;

const cifarFiles = ["batches.meta.txt", "test_batch.bin"]
  .concat([1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`));

/** Writes CIFAR-10's files into a folder. @throws {DataError} if the archive is damaged or lacks one */
async function unpackCifar(archive: string, folder: string, onProgress?: OnProgress) {
  const unpacked = new Set<string>();
  const packed = nodeModule("node:fs").createReadStream(archive);
  // an error of the one does not reach the other by itself
  const stream = packed.on("error", (error) => stream.destroy(error)).pipe(createGunzip());
  try {
    for await (const { path, bytes } of untar(stream, archive, CIFAR_LIMIT)) {
      const name = cifarFiles.find((name) => path === `cifar-10-batches-bin/${name}`);
      if (name === undefined) continue;
      await writeFile(join(folder, name), bytes);
      unpacked.add(name);
      await onProgress?.(unpacked.size, cifarFiles.length, "unpacking");
    }
  } finally {
    packed.destroy();
  }
  const missing = cifarFiles.filter((name) => !unpacked.has(name));
  if (missing.length > 0) throw new DataError(`${archive} lacks ${missing.join(", ")}`);
}
