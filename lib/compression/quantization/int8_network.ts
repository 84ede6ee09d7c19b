import {
  compileKernels,
  hasByteDot,
  instantiateKernels,
  isTurbo,
  type KernelBuild,
  type Kernels,
  missingForKernels,
} from "../../systems/numpy/kernels/kernels.ts";
import { IntegerNetwork } from "./integer_network.ts";
import { type Int8Layout, LANES, layOutInt8 } from "./int8_layout.ts";
import { modelClasses, type QuantizedModel } from "./model.ts";
import { quadStep } from "./quads.ts";

/** A quantized model that predicts. */
export interface Int8Predictor {
  /** What computes: the kernels or the reference. */
  readonly name: string;
  readonly classes: number;
  /**
   * Logits (count, classes) of images given as bytes, (count, channels, height, width), 0–255.
   * @throws RangeError if there are fewer bytes than `count` images have
   */
  predict(images: Uint8Array, count: number): Float32Array<ArrayBuffer>;
}

/**
 * A model on the int8 kernels, or on the plain reference where they cannot run; its name says which.
 * The results have the same bits.
 * @param build default: the one made for this process's flags and this processor
 */
export async function openInt8(model: QuantizedModel, build?: KernelBuild): Promise<Int8Predictor> {
  const missing = missingForKernels();
  if (missing !== undefined) return new IntegerNetwork(model, `reference: no ${missing}`);
  const chosen = build ?? `${isTurbo() ? "wide" : "narrow"}${hasByteDot() ? "-dot" : ""}` as const;
  const network = new Int8Network(model, await compileKernels(chosen), `kernels (${chosen})`);
  return network.isExact
    ? network
    : new IntegerNetwork(model, "reference: the machine's byte products take signs");
}

const PAGE = 65536;
const MAX_PAGES = 32768; // 2 GiB
/** Images that the kernels work on side by side. */
const GROUP = 8;

/** A quantized model on the kernels, one thread. */
class Int8Network implements Int8Predictor {
  readonly classes: number;
  readonly #layout: Int8Layout;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Kernels;
  readonly #input: { readonly channels: number; readonly area: number };

  constructor(model: QuantizedModel, module: WebAssembly.Module, readonly name: string) {
    const { channels, height, width } = model.architecture.input;
    this.classes = modelClasses(model);
    this.#input = { channels, area: height * width };
    this.#layout = layOutInt8(model);
    this.#memory = new WebAssembly.Memory({
      initial: Math.ceil(this.#layout.images / PAGE) + 1,
      maximum: MAX_PAGES,
      shared: true,
    });
    this.#kernels = instantiateKernels(module, this.#memory);
    const bytes = new Uint8Array(this.#memory.buffer);
    for (const [address, constant] of this.#layout.constants) bytes.set(constant, address);
  }

  /** Whether the machine's products of bytes are those that the kernels count on. */
  get isExact(): boolean {
    return this.#kernels.takesBytes() !== 0;
  }

  predict(images: Uint8Array, count: number): Float32Array<ArrayBuffer> {
    const { inputLength, images: at, rows, rowStride } = this.#layout;
    if (images.length < count * inputLength) {
      throw new RangeError(
        `${count} images of ${inputLength} bytes were asked for, ${images.length} given`,
      );
    }
    const room = at + (count + GROUP) * inputLength + PAGE - this.#memory.buffer.byteLength;
    if (room > 0) this.#memory.grow(Math.ceil(room / PAGE));
    this.#write(images, count);
    const { classes } = this;
    const logits = new Float32Array(count * classes);
    const found = new Float32Array(this.#memory.buffer, rows, GROUP * rowStride / 4);
    for (let first = 0; first < count; first += GROUP) {
      const size = Math.min(GROUP, count - first);
      this.#eight(at + first * inputLength, size > GROUP / 2 ? LANES : LANES / 2);
      for (let n = 0; n < size; n++) {
        // quicker than `set` for so few
        const from = n * rowStride / 4, to = (first + n) * classes;
        for (let i = 0; i < classes; i++) logits[to + i] = found[from + i]!;
      }
    }
    return logits;
  }

  /** Images into the memory, their channels side by side if a convolution comes first. */
  #write(images: Uint8Array, count: number): void {
    const { inputLength, images: at, convs } = this.#layout;
    const { channels, area } = this.#input;
    const to = new Uint8Array(this.#memory.buffer, at, count * inputLength);
    if (channels === 1 || convs.length === 0) {
      to.set(images.subarray(0, count * inputLength));
      return;
    }
    let next = 0;
    for (let image = 0; image < count * inputLength; image += inputLength) {
      for (let pixel = image; pixel < image + area; pixel++) {
        for (let c = 0; c < channels; c++) to[next++] = images[pixel + c * area]!;
      }
    }
  }

  /** Leaves the logits of eight images in rows, or of four if only half of the lanes is used. */
  #eight(images: number, used: number): void {
    const k = this.#kernels;
    const { inputLength, convs, denses, quads, sums, bytes, rows, rowStride } = this.#layout;
    k.bytesToQuads(images, inputLength, inputLength, convs[0]?.step ?? 4, quads);
    convs.forEach((conv, i) => {
      const { stage, right, down, columns, weights, units, odd, bias, outputs } = conv;
      const { outHeight: height, outWidth: width } = stage;
      if (columns !== undefined) {
        k.columnQuads(quads, stage.height, stage.width, quads + columns);
      }
      const into = [sums, height, width, outputs, used] as const;
      k.convPoolInt8(quads, right, down, weights, units, odd, bias, ...into);
      // channel-last for another convolution, else as the dense layer's weights are ordered
      const windows = height * width, next = convs[i + 1];
      const [toChannel, toPosition] = next ? [LANES, outputs * LANES] : [windows * LANES, LANES];
      const { multipliers, curve } = conv;
      k.requantize(sums, outputs, windows, multipliers, curve, bytes, toChannel, toPosition);
      if (next) k.packQuads(bytes, next.quads, quadStep(outputs), quads);
      else k.packQuads(bytes, 2 * denses[0]!.pairs, 4, quads);
    });
    denses.forEach((dense, i) => {
      const { pairs, weights, bias, outputs, multipliers, curve } = dense;
      k.denseInt8(quads, pairs, weights, bias, sums, outputs, used);
      const next = denses[i + 1];
      if (next) {
        k.requantize(sums, outputs, 1, multipliers, curve, bytes, LANES, LANES);
        k.packQuads(bytes, 2 * next.pairs, 4, quads);
      } else {
        k.scaleSums(sums, outputs, multipliers, bytes);
        k.lanesToRows(bytes, this.classes, rows, rowStride);
      }
    });
  }
}
