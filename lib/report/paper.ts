import type { SystemName } from "../systems/system.ts";

/** Accuracies of a system on one split. */
interface Scores {
  readonly top1: number;
  readonly top5: number;
}

/** What the report's tables say. */
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
  /** What the report's notebook shows where Table II misprints it. */
  readonly notebook: { readonly torch: { readonly val: Pick<Scores, "top5"> } };
  /** Runtime in seconds of the Torch system, whole and compressed. */
  readonly table3: Readonly<Record<"torch" | "pruning" | "quantization" | "both", number>>;
  readonly trainImages: number;
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
  notebook: { torch: { val: { top5: 0.1 } } },
  table3: { torch: 115, pruning: 117, quantization: 257, both: 292 },
  trainImages: 63_325,
};
