import { openInt8 } from "../compression/quantization/int8_network.ts";
import type { BackendName } from "../backend/backend_names.ts";
import type { ImageSource } from "../data/dataset.ts";
import { countClasses, hasPlainLayers } from "../model/architecture.ts";
import { requireKeys } from "../model/check_architecture.ts";
import { describe } from "../model/describe.ts";
import { normalise } from "../pixels/pixels.ts";
import { preprocess, preprocessBytes, preprocessOptions } from "../pixels/preprocess.ts";
import { createSystem } from "../systems/create_system.ts";
import type { SystemName } from "../systems/system.ts";
import type { OnProgress } from "../util/progress.ts";
import { loadClassifier } from "./classifier_file.ts";
import {
  architectureOf,
  checkClassifier,
  type ClassifierModel,
  type FloatNetwork,
} from "./classifier_model.ts";
import { type ClassProbability, likeliest, requirePixels, requireTop } from "./likeliest.ts";

/** An image: the path of a file, the bytes of a JPEG, PNG, WebP, GIF or TIFF file, or raw pixels. */
export type ClassifierImage = string | Uint8Array | ImageSource;

/** What a classifier computes with. The answers of a float32 network differ by roundings only. */
export interface ClassifierOptions {
  /** Of a float32 network; default: the hand-written system, or torch where the network has its layers. */
  readonly system?: SystemName;
  /** What torch and keras run on; default: see `chooseBackend`. */
  readonly backend?: BackendName;
  /** Threads of the hand-written system; default: 1, 2 or 4, as many as there are cores for. */
  readonly threads?: number;
}

/** How many classes are answered, and who is told of it. */
export interface ClassifyOptions {
  /** The most likely classes that are answered, from 1; default 5. There are never more than all. */
  readonly top?: number;
  /** Told after each batch of a list of images. */
  readonly onProgress?: OnProgress;
}

/** What computes logits from bytes. */
interface Predictor {
  readonly runsOn: string;
  predict(pixels: Uint8Array, count: number): Promise<Float32Array> | Float32Array;
  dispose(): void;
}

/** Images that are decoded and classified at a time. */
const BATCH = 256;

const optionKeys: Record<keyof ClassifierOptions, true> = {
  system: true,
  backend: true,
  threads: true,
};
const classifyKeys: Record<keyof ClassifyOptions, true> = { top: true, onProgress: true };

/** A network that names what images show. */
export class Classifier implements Disposable {
  /** The name of each class, by its place among the logits. */
  readonly classes: readonly string[];
  /** What computes: "kernels (narrow, 2 threads)", say. */
  readonly runsOn: string;
  readonly #predictor: Predictor;

  private constructor(readonly model: ClassifierModel, predictor: Predictor) {
    this.classes = model.classes;
    this.runsOn = predictor.runsOn;
    this.#predictor = predictor;
  }

  /**
   * A classifier that is ready to answer.
   * @throws RangeError naming what does not belong together in the model, or an option that is unknown
   */
  static async open(model: ClassifierModel, options: ClassifierOptions = {}): Promise<Classifier> {
    requireKeys("a classifier", "a classifier", options, optionKeys);
    checkClassifier(model);
    const { network } = model;
    if (network.numbers === "float32") {
      return new Classifier(model, await openFloat(network, options));
    }
    const [given] = Object.entries(options).filter(([, value]) => value !== undefined);
    if (given) {
      throw new RangeError(`an int8 network has kernels of its own; leave out ${given[0]}`);
    }
    const int8 = await openInt8(network.model);
    return new Classifier(model, {
      runsOn: int8.name,
      predict: (pixels, count) => int8.predict(pixels, count),
      dispose: () => {},
    });
  }

  /**
   * The most likely classes of an image, the likeliest first; of equal ones the first class.
   * @throws BadImage when the image is missing, damaged, too large or none at all
   * @throws RangeError naming an option that is unknown or has no sensible value
   */
  async classify(
    image: ClassifierImage,
    options: ClassifyOptions = {},
  ): Promise<ClassProbability[]> {
    const [answer] = await this.classifyAll([image], options);
    return answer!;
  }

  /**
   * The most likely classes of each of several images.
   * @throws BadImage naming the first image that cannot be used
   * @throws RangeError naming an option that is unknown or has no sensible value
   */
  async classifyAll(
    images: readonly ClassifierImage[],
    options: ClassifyOptions = {},
  ): Promise<ClassProbability[][]> {
    requireKeys("classify", "classify", options, classifyKeys);
    const { top = 5, onProgress } = options;
    requireTop(top);
    if (!Array.isArray(images)) {
      throw new RangeError(`classifyAll takes a list of images, got ${describe(images)}`);
    }
    const answers: ClassProbability[][] = [];
    for (let first = 0; first < images.length; first += BATCH) {
      const some = images.slice(first, first + BATCH);
      const pixels = await Promise.all(some.map((image, i) => this.pixels(image, first + i)));
      const length = pixels[0]!.length, joined = new Uint8Array(some.length * length);
      pixels.forEach((bytes, i) => joined.set(bytes, i * length));
      answers.push(...likeliest(await this.logits(joined, some.length), this.classes, top));
      await onProgress?.(answers.length, images.length);
    }
    return answers;
  }

  /**
   * The pixels that the network sees of an image, (channels, height, width), 0–255.
   * @param index names bytes without a path in messages: "image 0"
   * @throws BadImage when the image is missing, damaged, too large or none at all
   * @throws RangeError when it is neither a path, nor bytes, nor raw pixels
   */
  async pixels(image: ClassifierImage, index = 0): Promise<Uint8Array> {
    requireImage(image, index);
    const { preprocessing } = this.model;
    if (image instanceof Uint8Array) {
      const options = preprocessOptions(preprocessing), name = `image ${index}`;
      return await preprocessBytes(image, { kind: "file", path: name }, options, name);
    }
    const source: ImageSource = typeof image === "string" ? { kind: "file", path: image } : image;
    return await preprocess(source, preprocessing);
  }

  /**
   * The logits of images that are preprocessed already, (count, classes).
   * @param pixels (count, channels, height, width), 0–255
   * @throws RangeError if the bytes are not those of `count` images
   */
  async logits(pixels: Uint8Array, count: number): Promise<Float32Array> {
    requirePixels(pixels, count, architectureOf(this.model).input);
    return await this.#predictor.predict(pixels, count);
  }

  /** Frees what the network holds outside JavaScript's memory. */
  dispose(): void {
    this.#predictor.dispose();
  }

  /** Lets `using classifier = await openClassifier(…)` dispose of it at the end of its block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** What is taken otherwise by a program whose types nobody checks. */
function requireImage(image: ClassifierImage, index: number): void {
  const isWhole = typeof image === "string" || image instanceof Uint8Array ||
    (image?.kind === "file" && typeof image.path === "string") ||
    (image?.kind === "raw" && image.data instanceof Uint8Array);
  if (isWhole) return;
  throw new RangeError(
    `image ${index} must be the path of a file, its bytes in a Uint8Array, or raw pixels ` +
      `({ kind: "raw", width, height, channels, data }), got ${describe(image)}`,
  );
}

/**
 * Opens a classifier's file.
 * @throws ModelFileError naming the file and what is wrong with it
 * @throws RangeError naming an option that is unknown, or that the network cannot be computed with
 */
export async function openClassifier(
  path: string,
  options: ClassifierOptions = {},
): Promise<Classifier> {
  return await Classifier.open(await loadClassifier(path), options);
}

async function openFloat(
  { architecture, weights, normalisation }: FloatNetwork,
  { system: asked, backend, threads }: ClassifierOptions,
): Promise<Predictor> {
  const name = asked ?? (hasPlainLayers(architecture) ? "numpy" : "torch");
  const system = await createSystem(name, architecture, {
    ...backend !== undefined && { backend },
    ...threads !== undefined && { threads },
  });
  await system.setWeights(weights);
  const classes = countClasses(architecture);
  return {
    runsOn: `${name}, ${system.runsOn}`,
    async predict(pixels, count) {
      const logits = new Float32Array(count * classes), each = pixels.length / count;
      for (let first = 0; first < count; first += BATCH) {
        const size = Math.min(BATCH, count - first);
        const images = normalise(
          pixels.subarray(first * each, (first + size) * each),
          normalisation,
        );
        logits.set(await system.predict(images, size), first * classes);
      }
      return logits;
    },
    dispose: () => system.dispose(),
  };
}
