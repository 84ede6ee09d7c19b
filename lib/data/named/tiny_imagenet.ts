/** Fifty classes of Tiny ImageNet in the paper's layout, made of the archive of all two hundred. */
import { join } from "node:path";
import { makeFolder, writeFile } from "../../util/platform.ts";
import { Rng } from "../../util/rng.ts";
import type { OnProgress } from "../../util/progress.ts";
import { DataError } from "../data_error.ts";
import { ZipArchive } from "./unzip.ts";

/**
 * The classes by label: WordNet's number, and the first of its names. They are all animals: what the paper
 * trains on are animals too. Each has 500 training images.
 */
const classList = `
n01774750 tarantula
n01784675 centipede
n01855672 goose
n01882714 koala
n01910747 jellyfish
n01917289 brain coral
n01944390 snail
n01945685 slug
n01950731 sea slug
n01983481 American lobster
n01984695 spiny lobster
n02002724 black stork
n02056570 king penguin
n02058221 albatross
n02074367 dugong
n02085620 Chihuahua
n02094433 Yorkshire terrier
n02099601 golden retriever
n02099712 Labrador retriever
n02106662 German shepherd
n02113799 standard poodle
n02123045 tabby
n02123394 Persian cat
n02124075 Egyptian cat
n02125311 cougar
n02129165 lion
n02132136 brown bear
n02165456 ladybug
n02190166 fly
n02206856 bee
n02226429 grasshopper
n02231487 walking stick
n02233338 cockroach
n02236044 mantis
n02268443 dragonfly
n02279972 monarch
n02281406 sulphur butterfly
n02321529 sea cucumber
n02364673 guinea pig
n02395406 hog
n02403003 ox
n02410509 bison
n02415577 bighorn
n02423022 gazelle
n02437312 Arabian camel
n02480495 orangutan
n02481823 chimpanzee
n02486410 baboon
n02504458 African elephant
n02509815 lesser panda`;

/** WordNet's number and the name of each class, by label. */
export const tinyImagenetClasses: readonly (readonly [wordnet: string, name: string])[] = classList
  .trim().split("\n").map((line) => {
    const blank = line.indexOf(" ");
    return [line.slice(0, blank), line.slice(blank + 1)];
  });

/** Images of each class for validation, and as many for the test: the paper tests on 450 images of 50 classes. */
const heldOutOfClass = 9;

/** No image of Tiny ImageNet has more bytes; its longest text has 8 MB. */
const LIMIT = 2 ** 24;

/**
 * Writes the images of the fifty classes and the paper's lists into a folder. The training images are those of
 * Tiny ImageNet. The labels of its test images are not public, so that images for validation and test are
 * drawn from its 50 validation images of each class, with a fixed seed.
 * @throws {DataError} if the archive is damaged, or lacks a class
 */
export async function makeTinyImagenet50(
  archive: string,
  folder: string,
  onProgress?: OnProgress,
): Promise<void> {
  await using zip = await ZipArchive.open(archive, LIMIT);
  const root = "tiny-imagenet-200";
  const annotations = new TextDecoder().decode(await zip.read(`${root}/val/val_annotations.txt`));
  const validation = new Map<string, string[]>();
  for (const line of annotations.split("\n")) {
    const [image, wordnet] = line.split("\t");
    if (!image || !wordnet) continue;
    const own = validation.get(wordnet);
    if (own) own.push(image);
    else validation.set(wordnet, [image]);
  }
  const lists = { train: [] as string[], val: [] as string[], test: [] as string[] };
  const wanted: (readonly [from: string, to: string])[] = [];
  const training = trainingImages(zip.paths, root);
  tinyImagenetClasses.forEach(([wordnet], label) => {
    const add = (list: string[], from: string, image: string) => {
      const to = `images/${wordnet}/${image}`;
      wanted.push([from, to]);
      list.push(`${to} ${label}\n`);
    };
    const train = training.get(wordnet) ?? [], others = validation.get(wordnet) ?? [];
    if (train.length === 0 || others.length < 2 * heldOutOfClass) {
      throw new DataError(`${archive} lacks images of the class ${wordnet}`);
    }
    for (const image of train) {
      add(lists.train, `${root}/train/${wordnet}/images/${image}`, image);
    }
    const drawn = new Rng(0).fork(`tiny-imagenet-50 ${wordnet}`).shuffle([...others]);
    drawn.slice(0, 2 * heldOutOfClass).forEach((image, i) => {
      add(i < heldOutOfClass ? lists.val : lists.test, `${root}/val/images/${image}`, image);
    });
  });
  for (const [wordnet] of tinyImagenetClasses) {
    await makeFolder(join(folder, "images", wordnet));
  }
  for (const [i, [from, to]] of wanted.entries()) {
    await writeFile(join(folder, to), await zip.read(from));
    await onProgress?.(i + 1, wanted.length, "unpacking");
  }
  for (const [name, lines] of Object.entries(lists)) {
    await writeFile(join(folder, `${name}.txt`), lines.join(""));
  }
  const names = tinyImagenetClasses.map(([wordnet, name], label) =>
    `${label} ${wordnet} ${name}\n`
  );
  await writeFile(join(folder, "classes.txt"), names.join(""));
}

/** The training images of each class, in the order of their numbers. */
function trainingImages(paths: readonly string[], root: string): Map<string, string[]> {
  const images = new Map<string, string[]>();
  for (const path of paths) {
    const [, wordnet, image] =
      /^([^/]+)\/train\/(n\d+)\/images\/(n\d+_\d+\.JPEG)$/.exec(path)?.slice(1) ?? [];
    if (!wordnet || !image || !path.startsWith(`${root}/`)) continue;
    const own = images.get(wordnet);
    if (own) own.push(image);
    else images.set(wordnet, [image]);
  }
  const number = (image: string) => Number(/_(\d+)\./.exec(image)?.[1]);
  for (const own of images.values()) own.sort((a, b) => number(a) - number(b));
  return images;
}
