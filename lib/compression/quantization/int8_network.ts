import {
  compileKernels,
  instantiateKernels,
  type KernelBuild,
} from "../../kernels/kernel_module.ts";
import type { Kernels } from "../../kernels/kernel_interface.ts";
import { hasByteDot, isTurbo } from "../../kernels/kernel_platform.ts";
import { hasRelaxedSimd } from "../../kernels/relaxed_simd.ts";
import { fixedMemory } from "../../kernels/fixed_memory.ts";
import { IntegerNetwork } from "./integer_network.ts";
import { LANE_IMAGES, LANE_ROW } from "../../kernels/kernel_constants.ts";
import { type Int8Layout, layOutInt8 } from "./int8_layout.ts";
import { modelClasses, type QuantizedModel } from "./quantized_model.ts";

/** A quantized model that predicts. */
export interface Int8Predictor {
  /** What computes: the kernels or the reference. */
  readonly name: string;
  /** Number of classes. */
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
  if (!hasRelaxedSimd()) {
    return new IntegerNetwork(model, "reference: no WebAssembly's relaxed SIMD");
  }
  const chosen = build ?? `${isTurbo() ? "wide" : "narrow"}${hasByteDot() ? "-dot" : ""}` as const;
  // a vector has four lanes, in the builds for turbo eight
  const layout = layOutInt8(model, chosen.startsWith("wide") ? LANE_IMAGES : LANE_IMAGES / 2);
  const bytes = layout.images + (pieceOf(layout) + LANE_IMAGES) * layout.inputLength;
  // one thread alone needs no shared memory, which most pages may not have
  const memory = fixedMemory(bytes, typeof SharedArrayBuffer !== "undefined");
  const kernels = instantiateKernels(await compileKernels(chosen, memory), memory);
  const network = new Int8Network(model, layout, memory, kernels, `kernels (${chosen})`);
  return network.isExact
    ? network
    : new IntegerNetwork(model, "reference: the machine's byte products take signs");
}

/** Images that stand in the memory at a time: about a megabyte. */
function pieceOf({ inputLength }: Int8Layout): number {
  return LANE_IMAGES * Math.ceil(2 ** 20 / inputLength / LANE_IMAGES);
}

/** A quantized model on the kernels, one thread. */
class Int8Network implements Int8Predictor {
  readonly classes: number;
  readonly #layout: Int8Layout;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Kernels;
  /** Bytes of the lanes that one image's strips stand in. */
  readonly #lanes: number;
  readonly #input: { readonly channels: number; readonly area: number };

  constructor(
    model: QuantizedModel,
    layout: Int8Layout,
    memory: WebAssembly.Memory,
    kernels: Kernels,
    readonly name: string,
  ) {
    const { channels, height, width } = model.architecture.input;
    this.classes = modelClasses(model);
    this.#input = { channels, area: height * width };
    this.#layout = layout;
    this.#lanes = name.includes("wide") ? LANE_ROW : LANE_ROW / 2;
    this.#memory = memory;
    this.#kernels = kernels;
    layout.describe(memory);
  }

  /** Whether the machine's products of bytes are those that the kernels count on. */
  get isExact(): boolean {
    return this.#kernels.takesBytes() !== 0;
  }

  predict(images: Uint8Array, count: number): Float32Array<ArrayBuffer> {
    const { inputLength } = this.#layout;
    if (images.length < count * inputLength) {
      throw new RangeError(
        `${count} images of ${inputLength} bytes were asked for, ${images.length} given`,
      );
    }
    const logits = new Float32Array(count * this.classes);
    const piece = pieceOf(this.#layout);
    for (let first = 0; first < count; first += piece) {
      const size = Math.min(piece, count - first);
      this.#write(images.subarray(first * inputLength), size);
      this.#predict(size, logits.subarray(first * this.classes));
    }
    return logits;
  }

  /** Logits of the images that stand in the memory. */
  #predict(count: number, logits: Float32Array): void {
    const { inputLength, images: at, rows, rowStride } = this.#layout;
    const { classes } = this;
    const found = new Float32Array(this.#memory.buffer, rows, LANE_IMAGES * rowStride / 4);
    for (let first = 0; first < count; first += LANE_IMAGES) {
      const size = Math.min(LANE_IMAGES, count - first);
      if (size === 1) {
        this.#one(at + first * inputLength, logits.subarray(first * classes));
        continue;
      }
      this.#eight(at + first * inputLength, size > LANE_IMAGES / 2 ? LANE_ROW : LANE_ROW / 2);
      for (let n = 0; n < size; n++) {
        // quicker than `set` for so few
        const from = n * rowStride / 4, to = (first + n) * classes;
        for (let i = 0; i < classes; i++) logits[to + i] = found[from + i]!;
      }
    }
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
    const { inputLength, convs, denses, packed, sums, bytes, rows, rowStride } = this.#layout;
    k.bytesToInt8x4(images, inputLength, inputLength, convs[0]?.step ?? 4, packed);
    convs.forEach(({ layer, requantization, height, width, columns }, i) => {
      if (columns !== undefined) k.columnInt8x4(packed, height, width, packed + columns);
      k.convPoolInt8(layer, packed, sums, used);
      k.requantize(requantization, sums, bytes);
      const { packedInputs, step } = convs[i + 1] ?? denses[0]!;
      k.packInt8x4(bytes, packedInputs, step, packed);
    });
    denses.forEach(({ layer, requantization }, i) => {
      k.denseInt8(layer, packed, sums, used);
      const next = denses[i + 1];
      if (next) {
        k.requantize(requantization, sums, bytes);
        k.packInt8x4(bytes, next.packedInputs, next.step, packed);
      } else {
        k.scaleSums(requantization, sums, bytes);
        k.lanesToRows(bytes, this.classes, rows, rowStride);
      }
    });
  }
  /** Logits of one image, whose strips stand in the lanes. */
  #one(image: number, logits: Float32Array): void {
    const k = this.#kernels;
    const { convs, denses, packed, sums, bytes, single, lastMultipliers } = this.#layout;
    let from = image, turn = 0;
    for (const { strips, step, width, columns } of convs) {
      const { layer, requantization, height, length, stride, filters, each, windows } = strips;
      k.bytesToInt8x4(from, stride, length, step, packed);
      if (columns !== undefined) k.columnInt8x4(packed, height, width, packed + columns);
      k.convPoolInt8(layer, packed, sums, this.#lanes);
      k.requantize(requantization, sums, bytes);
      from = single[turn++ % 2]!;
      k.stripsToBytes(bytes, filters, each, windows, from, strips.toChannel, strips.toWindow);
    }
    denses.forEach(({ layer, requantization }, i) => {
      k.denseInt8Single(layer, from, sums);
      if (i + 1 === denses.length) return;
      from = single[turn++ % 2]!;
      k.requantizeUnits(requantization, sums, from);
    });
    const found = new Int32Array(this.#memory.buffer, sums, this.classes);
    for (let i = 0; i < this.classes; i++) {
      logits[i] = Math.fround(found[i]!) * lastMultipliers[i]!;
    }
  }
}
