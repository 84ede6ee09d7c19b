/** Small inputs that several tests of the systems share. */
import type { Batch } from "../../lib/pixels/pixels.ts";
import type { Architecture } from "../../lib/model/architecture.ts";
import type { Batches } from "../../lib/systems/system.ts";
import { Rng } from "../../lib/util/rng.ts";

/** Two networks besides LeNet-5: one with colour input and one convolution, one without any. */
export const smallConvolutional: Architecture = {
  name: "small",
  input: { channels: 3, height: 10, width: 8 },
  layers: [
    { kind: "conv", name: "conv1", filters: 5, kernel: 3 },
    { kind: "tanh" },
    { kind: "maxpool", size: 2 },
    { kind: "flatten" },
    { kind: "dense", name: "fc1", units: 7 },
    { kind: "tanh" },
    { kind: "dense", name: "fc2", units: 4 },
  ],
};
export const perceptron: Architecture = {
  name: "perceptron",
  input: { channels: 1, height: 6, width: 5 },
  layers: [
    { kind: "flatten" },
    { kind: "dense", name: "hidden", units: 9 },
    { kind: "tanh" },
    { kind: "dense", name: "output", units: 6 },
  ],
};

/** Standard normal images and uniform labels. */
export function randomBatch(
  { input }: Architecture,
  classes: number,
  size: number,
  seed = 1,
): Batch {
  const rng = new Rng(seed);
  const images = new Float32Array(size * input.channels * input.height * input.width);
  for (let i = 0; i < images.length; i++) images[i] = rng.normal(); // in half of the time of Float32Array.from
  return {
    ...{ size, images },
    labels: Int32Array.from({ length: size }, () => rng.int(classes)),
  };
}

/** The same batches every epoch. */
export function asBatches(...list: Batch[]): Batches {
  return {
    length: list.length,
    samples: list.reduce((sum, { size }) => sum + size, 0),
    async *[Symbol.asyncIterator]() {
      yield* list;
    },
  };
}

/** The formula batches of the framework fixtures; see make_frameworks.py. */
export function formulaBatch(b: number, size = 8): Batch {
  const images = new Float32Array(size * 1024);
  const labels = new Int32Array(size);
  for (let k = 0; k < size; k++) {
    const n = b * size + k;
    labels[k] = (7 * n + 3) % 50;
    for (let i = 0; i < 1024; i++) {
      images[k * 1024 + i] = Math.sin(0.37 * n + 0.11 * i + 0.05 * Math.sqrt(i) * n);
    }
  }
  return { size, images, labels };
}

/** Largest absolute difference of two lists. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let worst = a.length === b.length ? 0 : Infinity;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
  return worst;
}
