import { decodeClassifier } from "../classifier/classifier_file.ts";
import {
  type ClassifierPreprocessing,
  classifierPreprocessing,
} from "../classifier/classifier_model.ts";
import {
  type ClassProbability,
  likeliest,
  requirePixels,
  requireTop,
} from "../classifier/likeliest.ts";
import { type Int8Predictor, openInt8 } from "../compression/quantization/int8_network.ts";
import type { QuantizedModel } from "../compression/quantization/quantized_model.ts";
import { decodeModel, modelFormat } from "../compression/quantization/quantized_model_file.ts";
import { type Architecture, countClasses } from "../model/architecture.ts";
import { requireKeys } from "../model/check_architecture.ts";
import { describe } from "../model/describe.ts";
import { ModelFileError } from "../model/model_file_error.ts";
import { readHeader } from "../model/safetensors_header.ts";
import { BadImage } from "../pixels/bad_image.ts";
import { shrink } from "../pixels/shrink.ts";
import { decodePng, isPng } from "./png.ts";

/** Decoded pixels, as `ImageData` of a page has them: rows of red, green, blue and alpha, 0–255. */
export interface Int8Image {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** 4 · width · height bytes. Alpha is not looked at. */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** An int8 network that names what images show. */
export class Int8Classifier {
  readonly #predictor: Int8Predictor;

  private constructor(
    /** The name of each class, by its place among the logits. */
    readonly classes: readonly string[],
    /** How an image of any size becomes the pixels that the network sees. */
    readonly preprocessing: ClassifierPreprocessing,
    /** The shape of the pixels. */
    readonly input: Architecture["input"],
    predictor: Int8Predictor,
  ) {
    this.#predictor = predictor;
  }

  /** What computes: the kernels, or the plain reference with the same bits where they cannot run. */
  get runsOn(): string {
    return this.#predictor.name;
  }

  /** A classifier of a network, its preprocessing and the names of its classes. */
  static async open(
    model: QuantizedModel,
    preprocessing: ClassifierPreprocessing,
    classes: readonly string[],
  ): Promise<Int8Classifier> {
    const predictor = await openInt8(model);
    return new Int8Classifier(classes, preprocessing, model.architecture.input, predictor);
  }

  /**
   * The pixels that the network sees of an image.
   * @param image decoded pixels, or the bytes of a PNG file
   * @returns (channels, height, width), 0–255
   * @throws BadImage if it is damaged, or a file of another kind
   * @throws RangeError if it is neither pixels nor bytes
   */
  async pixels(image: Int8Image | Uint8Array): Promise<Uint8Array> {
    if (image instanceof Uint8Array) {
      if (!isPng(image)) {
        throw new BadImage(
          "the image",
          "it is no PNG file; decode it first, a page does so with a canvas",
        );
      }
      return shrink(await decodePng(image, "the image"), this.preprocessing);
    }
    const given: unknown = image?.data;
    if (!(given instanceof Uint8Array || given instanceof Uint8ClampedArray)) {
      throw new RangeError(
        "an image must be decoded pixels (ImageData, say) or the bytes of a PNG file in a Uint8Array, got " +
          describe(image),
      );
    }
    const { width, height, data: { buffer, byteOffset, length } } = image;
    const isSize = [width, height].every((side) => Number.isInteger(side) && side >= 1);
    if (!isSize || length !== 4 * width * height) {
      throw new BadImage(
        "the image",
        `${length} bytes are not ${width}×${height} pixels of 4 bytes`,
      );
    }
    const data = new Uint8Array(buffer, byteOffset, length);
    return shrink({ width, height, channels: 4, data }, this.preprocessing);
  }

  /**
   * Logits, (count, classes), of images that are preprocessed already.
   * @param pixels (count, channels, height, width), 0–255
   * @throws RangeError if the bytes are not those of `count` images
   */
  logits(pixels: Uint8Array, count: number): Float32Array<ArrayBuffer> {
    requirePixels(pixels, count, this.input);
    return this.#predictor.predict(pixels, count);
  }

  /**
   * The most likely classes of an image, the likeliest first.
   * @param image decoded pixels, or the bytes of a PNG file
   * @throws BadImage if it is damaged, or a file of another kind
   * @throws RangeError if it is neither pixels nor bytes, `top` is not a whole number from 1, or there is another option
   */
  async classify(
    image: Int8Image | Uint8Array,
    options: { readonly top?: number } = {},
  ): Promise<ClassProbability[]> {
    requireKeys("classify", "classify", options, { top: true });
    const { top = 5 } = options;
    requireTop(top);
    return likeliest(this.logits(await this.pixels(image), 1), this.classes, top)[0]!;
  }
}

/**
 * Opens the bytes of a classifier's file, or of an int8 model alone: its classes have numbers in place of names then,
 * and its preprocessing is the paper's.
 * @param source name for messages
 * @throws ModelFileError naming what is wrong with the file, a network in float32 included
 * @throws RangeError if it is given no bytes, but a path, say
 */
export async function openInt8Classifier(
  file: Uint8Array | ArrayBuffer,
  source = "the classifier",
): Promise<Int8Classifier> {
  // a buffer may come from another frame of the page
  const isBuffer = Object.prototype.toString.call(file) === "[object ArrayBuffer]";
  if (!isBuffer && !(file instanceof Uint8Array)) {
    throw new RangeError(`openInt8Classifier takes the bytes of a file, got ${describe(file)}`);
  }
  const bytes = file instanceof Uint8Array ? file : new Uint8Array(file);
  const bad = (why: string) => new ModelFileError(source, "int8 classifier", why);
  if (readHeader(bytes, bad).metadata.format === modelFormat) {
    const model = decodeModel(bytes, source),
      { channels, height, width } = model.architecture.input;
    if (channels !== 1 && channels !== 3) throw bad(`its images have ${channels} channels`);
    const preprocessing = classifierPreprocessing({ height, width, colour: channels === 3 });
    const names = Array.from({ length: countClasses(model.architecture) }, (_, i) => `class ${i}`);
    return await Int8Classifier.open(model, preprocessing, names);
  }
  const { network, preprocessing, classes } = decodeClassifier(bytes, source);
  if (network.numbers !== "int8") throw bad("its network is float32; quantize it first");
  return await Int8Classifier.open(network.model, preprocessing, classes);
}
