import { functionLoss } from "../../backend/function_loss.ts";
import * as tf from "../../backend/tf.ts";
import { countHits, type LossFunction } from "../../model/loss.ts";
import type { Batch } from "../../pixels/pixels.ts";

/** What a Keras model is compiled with. */
export interface CompiledLoss {
  readonly loss: (aims: tf.Tensor, logits: tf.Tensor) => tf.Tensor;
  /** Its name is that of Keras's logs. */
  readonly acc: (aims: tf.Tensor, logits: tf.Tensor) => tf.Tensor;
}

/** What is aimed at in a batch, as Keras hands it on: a column of labels, and one of targets for each class. */
export function aimsOf({ labels, size, targets }: Batch, classes: number): tf.Tensor {
  const column = tf.tensor2d(labels, [size, 1], "float32");
  return targets ? tf.concat([column, tf.tensor2d(targets, [size, classes])], 1) : column;
}

function batchOf(aims: tf.Tensor): Pick<Batch, "size" | "labels" | "targets"> {
  const [size = 0, columns = 1] = aims.shape, values = aims.dataSync<"float32">();
  const labels = Int32Array.from({ length: size }, (_, n) => values[n * columns]!);
  if (columns === 1) return { size, labels };
  const targets = new Float32Array(size * (columns - 1));
  for (let n = 0; n < size; n++) {
    targets.set(values.subarray(n * columns + 1, (n + 1) * columns), n * (columns - 1));
  }
  return { size, labels, targets };
}

/** A loss that is a function of arrays, as a Keras model without the softmax takes it. */
export function compiledLoss(
  loss: LossFunction,
  classes: number,
  smoothing: number | undefined,
): CompiledLoss {
  return {
    loss: (aims, logits) => functionLoss(loss, batchOf(aims), logits, classes, smoothing),
    acc(aims, logits) {
      const { size, labels } = batchOf(aims);
      const values = Float32Array.from(logits.dataSync<"float32">());
      return tf.scalar(countHits(values, labels, classes) / size);
    },
  };
}
