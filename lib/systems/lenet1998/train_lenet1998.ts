/** The training of the LeNet-5 of 1998, with a loop and an optimizer of today. */
import { type Backend, withBackend } from "../../backend/choose_backend.ts";
import * as tf from "../../backend/tf.ts";
import type { Batch } from "../../pixels/pixels.ts";
import type { OnProgress } from "../../util/progress.ts";
import type { Predictions } from "../evaluate.ts";
import type { Batches } from "../system.ts";
import { backward } from "../torch/cross_entropy_loss.ts";
import { Optimizer } from "../torch/torch_optimizer.ts";
import { type Lenet1998, MaximumAPosteriori } from "./lenet1998.ts";

/** How `trainLenet1998` trains. */
export interface Lenet1998Training {
  /** A whole number of at least 1. */
  readonly epochs: number;
  /** Adam's, where the article has a stochastic Levenberg-Marquardt method with a diagonal Hessian. */
  readonly learningRate: number;
  /** Told after each epoch. */
  readonly onEpoch?: () => void | Promise<void>;
  /** Told after each batch: images done of all images in all epochs. */
  readonly onProgress?: OnProgress;
}

const imagesOf = ({ images, size }: Batch) => tf.tensor4d(images, [size, 1, 32, 32]);

/** Trains in place. @returns the mean loss of each batch, before its step */
export async function trainLenet1998(
  model: Lenet1998,
  train: Batches,
  { epochs, learningRate, onEpoch, onProgress }: Lenet1998Training,
  backend: Backend,
): Promise<number[]> {
  const criterion = new MaximumAPosteriori(), classes = model.output.codes.length;
  const optimizer = withBackend(
    backend,
    () => new Optimizer(model.parameters(), { kind: "adam", learningRate }),
  );
  const losses: number[] = [];
  let done = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for await (const batch of train) {
      losses.push(withBackend(backend, () => {
        optimizer.zeroGrad();
        const loss = tf.tidy(() => {
          const target = tf.oneHot(tf.tensor1d(batch.labels, "int32"), classes);
          const images = imagesOf(batch);
          const value = backward(model, () => criterion.forward(model.forward(images), target));
          for (const parameter of model.parameters()) tf.keep(parameter.grad!);
          return value.dataSync()[0]!;
        });
        optimizer.step();
        return loss;
      }));
      done += batch.size;
      await onProgress?.(done, epochs * train.samples, `loss ${losses.at(-1)!.toFixed(3)}`);
    }
    await onEpoch?.();
  }
  withBackend(backend, () => {
    optimizer.zeroGrad();
    optimizer.dispose();
  });
  return losses;
}

/** What the network answers for the images of a loader. */
export async function predictLenet1998(
  model: Lenet1998,
  loader: Batches,
  backend: Backend,
): Promise<Predictions> {
  const classes = model.output.codes.length;
  const logits = new Float32Array(loader.samples * classes);
  const labels = new Int32Array(loader.samples);
  let at = 0;
  for await (const batch of loader) {
    const answers = withBackend(
      backend,
      () => tf.tidy(() => model.forward(imagesOf(batch)).dataSync<"float32">()),
    );
    logits.set(answers, at * classes);
    labels.set(batch.labels, at);
    at += batch.size;
  }
  return { logits, labels, classes };
}
