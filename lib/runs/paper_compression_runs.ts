/**
 * Table III's four systems (dense, pruned, quantized, both), as the paper's text describes them and as
 * its code made them. Of each the seconds of an epoch of training are measured, which is what the paper
 * timed, and what the paper did not look at: accuracy, loss, bytes and memory.
 */
import type { BackendName } from "../backend/backend_names.ts";
import { magnitudeMasks, type Masks, randomMasks } from "../compression/masks.ts";
import type { PaperCompression } from "../compression/paper_compression.ts";
import { paperAmounts, paperCodeAmounts } from "../compression/pruning_amounts.ts";
import { type PairedRatio, pairedRatio } from "../metrics/paired_ratio.ts";
import { correct } from "../metrics/topk.ts";
import type { Accuracy } from "../metrics/wilson.ts";
import { type Architecture, countClasses, lenet5 } from "../model/architecture.ts";
import { initialWeights } from "../model/initial_weights.ts";
import { encodeSafetensors } from "../model/safetensors.ts";
import type { Weights } from "../model/weights.ts";
import type { Normalisation } from "../pixels/pixels.ts";
import { predictAll } from "../systems/evaluate.ts";
import type { Batches, FitOptions, System } from "../systems/system.ts";
import type { Criterion } from "../systems/torch/cross_entropy_loss.ts";
import { JoinedProgress, type OnProgress } from "../util/progress.ts";
import { asFamily, type TestedComparison, testPair } from "./comparison.ts";
import { epochsInTurns } from "./epoch_timing.ts";
import { defaultFineTune, trainBatches } from "./finetuning.ts";
import { type Measured, measured } from "./measured.ts";
import { residentMemory } from "./resident_memory.ts";
import { batches, type Run, type RunData } from "./run.ts";
import { scorePredictions } from "./score_run.ts";
import { sortByClass } from "./sort_by_class.ts";

/** Whether a system is made as the paper's text says, or as its code did. */
export type PaperSource = "text" | "code";

/** The four systems of Table III, in its order. */
export const paperVariants = ["dense", "pruning", "quantization", "both"] as const;
/** One of the four systems of Table III. */
export type PaperVariant = typeof paperVariants[number];

/** A row of Table III. */
export interface PaperRow {
  /** Whether this is the text's system or the code's. */
  readonly source: PaperSource;
  /** Which of the four systems. */
  readonly variant: PaperVariant;
  /** Seconds of each timed epoch of training; those of one position were taken in one round. */
  readonly seconds: Measured;
  /** How many times as long as the dense system's its epochs took, by pairs of one round. */
  readonly slowdown?: PairedRatio;
  /** Mean loss of each timed epoch. */
  readonly losses: readonly number[];
  /** Size of its file, in bytes: masks are stored beside the weights, as PyTorch stores them. */
  readonly fileBytes: number;
  /** Resident set of fresh processes that load and run it, in bytes. */
  readonly residentBytes: Measured;
  /** Top-1 on the test images, after the timed epochs. */
  readonly top1: Accuracy;
  /** Top-5 on the same images. */
  readonly top5: Accuracy;
  /** How many classes it predicts on the test images. */
  readonly predicted: number;
  /** Against the dense system of the same source, which trained as long; absent for that one. */
  readonly paired?: TestedComparison;
}

/** How Table III's systems are measured. */
export interface PaperRowsOptions {
  /** Timed epochs of each system; default 5. */
  readonly rounds?: number;
  /** Fresh processes for each system's memory; default 2. */
  readonly processes?: number;
  /** Backend of TensorFlow.js; default: see `chooseBackend`. */
  readonly backend?: BackendName;
}

/**
 * As the text says: random unstructured pruning of 20 % and 40 % by `weight_orig` and `weight_mask`,
 * and int8 as quantize and dequantize. Each goes on from a trained run with its own recipe's optimizer.
 */
export async function paperTextRows(
  run: Run,
  data: RunData,
  options: PaperRowsOptions = {},
  onProgress?: OnProgress,
): Promise<PaperRow[]> {
  const { architecture, seed, backend } = run.configuration;
  const { learningRate } = defaultFineTune;
  return await measureFour(
    {
      source: "text",
      architecture,
      weights: run.weights,
      normalisation: run.normalisation,
      masks: randomMasks(architecture, run.weights, paperAmounts, seed),
      quantization: { fakeQuantize: true },
      train: () => trainBatches(run, data),
      fit: { optimizer: { kind: "adam", learningRate } },
    },
    data,
    { ...backend && { backend }, ...options },
    onProgress,
  );
}

/**
 * As the code did: ReLU, the smallest 20 % and 60 % pruned before any training, layers fused in place
 * of quantization, the loss with its arguments swapped, Adam at 1e-4, raw pixels, images by class.
 * @param like the network in the paper's text; the code's differs from it in its activations
 */
export async function paperCodeRows(
  like: Architecture,
  data: RunData,
  { seed, batchSize, ...options }: PaperRowsOptions & {
    readonly seed: number;
    readonly batchSize: number;
  },
  onProgress?: OnProgress,
): Promise<PaperRow[]> {
  const architecture = lenet5(countClasses(like), {
    input: like.input,
    convActivation: "relu",
    denseActivation: "relu",
  });
  const weights = initialWeights(architecture, "pytorch", seed);
  const normalisation = { mean: 0, std: 1 };
  const sorted = sortByClass(data.train);
  // loaded only here, because it opens a backend of TensorFlow.js
  const { swappedCrossEntropy } = await import("./swapped_loss.ts");
  return await measureFour(
    {
      source: "code",
      architecture,
      weights,
      normalisation,
      masks: magnitudeMasks(architecture, weights, paperCodeAmounts),
      quantization: { fuse: true },
      criterion: swappedCrossEntropy,
      train: () => batches(sorted, normalisation, { batchSize }),
      fit: { optimizer: { kind: "adam", learningRate: 1e-4 }, continueAtBrokenLoss: true },
    },
    data,
    options,
    onProgress,
  );
}

/** The rows of the whole table: the tests of both blocks are one family. */
export function table3Rows(text: readonly PaperRow[], code: readonly PaperRow[]): PaperRow[] {
  const rows = [...text, ...code];
  const tests = asFamily(rows.map(({ paired }) => paired));
  return rows.map((row, i) => tests[i] ? { ...row, paired: tests[i] } : row);
}

/** What the four systems have in common. */
interface FourSystems {
  readonly source: PaperSource;
  readonly architecture: Architecture;
  readonly weights: Weights;
  readonly normalisation: Normalisation;
  readonly masks: Masks;
  readonly quantization: PaperCompression;
  readonly criterion?: Criterion;
  readonly train: () => Batches;
  readonly fit: Omit<FitOptions, "epochs">;
}

async function measureFour(
  four: FourSystems,
  data: RunData,
  { rounds = 5, processes = 2, backend: asked }: PaperRowsOptions,
  onProgress?: OnProgress,
): Promise<PaperRow[]> {
  const { source, architecture, weights, masks, quantization, criterion, train, fit } = four;
  const ways: Readonly<Record<PaperVariant, PaperCompression>> = {
    dense: {},
    pruning: { masks },
    quantization,
    both: { masks, ...quantization },
  };
  const { openBackend } = await import("../backend/choose_backend.ts");
  const backend = await openBackend(asked);
  const { PaperCompressedSystem } = await import("../compression/paper_compression.ts");
  const systems: System[] = [];
  const joined = new JoinedProgress((rounds + processes) * paperVariants.length, onProgress);
  try {
    for (const variant of paperVariants) {
      const system = new PaperCompressedSystem(
        architecture,
        ways[variant],
        { backend, ...criterion && { criterion } },
      );
      systems.push(system);
      await system.setWeights(weights);
    }
    const times = await epochsInTurns(
      systems.map((system) => ({ system, train, fit })),
      rounds,
      joined.part(rounds * paperVariants.length),
    );
    const trained = await Promise.all(systems.map((system) => system.weights()));
    const resident = await residentMemory(
      paperVariants.map((variant, i) => ({
        kind: "torch",
        architecture,
        weights: trained[i]!,
        backend: backend.name,
        ...ways[variant],
      })),
      processes,
      joined.part(processes * paperVariants.length),
    );
    const rows: PaperRow[] = [];
    let dense: boolean[] | undefined;
    for (const [i, variant] of paperVariants.entries()) {
      const given = await predictAll(systems[i]!, batches(data.test, four.normalisation));
      const { top1, top5, confusion: { predicted } } = scorePredictions(given);
      const right = correct(given);
      // PyTorch keeps a float32 mask beside each masked weight
      const maskNumbers = Object.values(ways[variant].masks ?? {})
        .reduce((sum, { length }) => sum + length, 0);
      rows.push({
        source,
        variant,
        top1,
        top5,
        predicted,
        losses: times[i]!.losses,
        seconds: measured(times[i]!.seconds),
        residentBytes: measured(resident[i]!),
        fileBytes: encodeSafetensors(trained[i]!).length + 4 * maskNumbers,
        ...(dense
          ? {
            paired: testPair(dense, right),
            slowdown: pairedRatio(times[i]!.seconds, times[0]!.seconds),
          }
          : {}),
      });
      dense ??= right;
    }
    return rows;
  } finally {
    for (const system of systems) system.dispose();
  }
}
