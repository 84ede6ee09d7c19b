import { Rng } from "../../lib/util/rng.ts";

/** A file of MNIST's format. */
function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x800 + shape.length);
  shape.forEach((side, i) => view.setUint32(4 + 4 * i, side));
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

function noise(images: number): Record<"images" | "labels", Uint8Array> {
  const rng = new Rng(images);
  const pixels = Uint8Array.from({ length: images * 28 * 28 }, () => rng.int(256));
  const labels = Uint8Array.from({ length: images }, (_, i) => i % 3);
  return { images: idx([images, 28, 28], pixels), labels: idx([images], labels) };
}
const [train, test] = [noise(240), noise(30)];
/** A data set in MNIST's format: noise in three classes. */
export const noiseFiles: Readonly<Record<string, Uint8Array>> = {
  "train-images-idx3-ubyte": train.images,
  "train-labels-idx1-ubyte": train.labels,
  "t10k-images-idx3-ubyte": test.images,
  "t10k-labels-idx1-ubyte": test.labels,
};
