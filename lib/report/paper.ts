import type { SystemName } from "../systems/system.ts";

/** Accuracies of a system on one split. */
interface Scores {
  readonly top1: number;
  readonly top5: number;
}

/**
 * The numbers of the paper that is reproduced: Tzu Hsuan Yang, "Deep Learning – Assignment III: LeNet5
 * with Pytorch/Tensorflow", National Cheng Kung University.
 */
export const paper: {
  readonly table1: {
    readonly learningRate: number;
    readonly batchSize: number;
    readonly epochs: number;
  };
  /** Runtime in seconds: one epoch (Torch, TF), one pass of 200 minibatches (Numpy). */
  readonly table2: Readonly<
    Record<SystemName, { readonly val: Scores; readonly test: Scores; readonly seconds: number }>
  >;
  /** The abstract's top-5 accuracy, which stands in no table. */
  readonly abstract: Pick<Scores, "top5">;
  /** What the paper's notebook shows where Table II has a misprint. */
  readonly notebook: { readonly torch: { readonly val: Pick<Scores, "top5"> } };
  /** Runtime in seconds of the Torch system, whole and compressed. */
  readonly table3: Readonly<Record<"torch" | "pruning" | "quantization" | "both", number>>;
  /** Training losses in the outputs of the paper's notebooks. */
  readonly losses: readonly {
    readonly system: SystemName;
    readonly epoch: number;
    readonly loss: number;
  }[];
  /** The lowest of them, in the notebook about compression. */
  readonly lowestLoss: number;
  /** Images of each split. */
  readonly images: Readonly<Record<"train" | "val" | "test", number>>;
} = {
  table1: { learningRate: 0.01, batchSize: 256, epochs: 10 },
  table2: {
    numpy: { val: { top1: 0.02, top5: 0.1 }, test: { top1: 0.02, top5: 0.1 }, seconds: 9287 },
    // val top-5 as printed; the right value stands under `notebook`
    torch: { val: { top1: 0.02, top5: 0.01 }, test: { top1: 0.02, top5: 0.1 }, seconds: 109 },
    keras: {
      val: { top1: 0.1222, top5: 0.4244 },
      test: { top1: 0.1756, top5: 0.3867 },
      seconds: 40,
    },
  },
  abstract: { top5: 0.4489 },
  notebook: { torch: { val: { top5: 0.1 } } },
  table3: { torch: 115, pruning: 117, quantization: 257, both: 292 },
  losses: [
    { system: "torch", epoch: 1, loss: -588.7 },
    { system: "keras", epoch: 1, loss: 3.69 },
    { system: "keras", epoch: 10, loss: 3.19 },
  ],
  lowestLoss: -45_770_036,
  images: { train: 63_325, val: 450, test: 450 },
};
