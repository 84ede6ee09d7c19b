import type { Calibration } from "../compression/quantization/calibrate.ts";
import { openInt8 } from "../compression/quantization/int8_network.ts";
import type { Granularity } from "../compression/quantization/quantize.ts";
import { type QuantizedModel, quantizeModel } from "../compression/quantization/quantized_model.ts";
import { encodeModel } from "../compression/quantization/quantized_model_file.ts";
import { gzipSize } from "../compression/sparse_file.ts";
import type { Accuracy } from "../metrics/wilson.ts";
import type { Architecture } from "../model/architecture.ts";
import { encodeSafetensors } from "../model/safetensors.ts";
import type { Weights } from "../model/weights.ts";
import { predictAll, type Predictions } from "../systems/evaluate.ts";
import type { JoinedProgress } from "../util/progress.ts";
import { compare, type Comparison } from "./comparison.ts";
import { batches, type Run, type RunData, systemOf } from "./run.ts";
import { scorePredictions } from "./score_run.ts";

/** A network in float32 or int8, and what it scores. */
export interface QuantizedResult {
  /** What the table calls it. */
  readonly name: string;
  /** On the test images. */
  readonly top1: Accuracy;
  /** On the test images. */
  readonly top5: Accuracy;
  /** What it is compared with; absent for a network that others are compared with. */
  readonly comparison?: Comparison;
  /** Epochs of training after the run's own. */
  readonly moreEpochs: number;
  /** Size of its file, in bytes. */
  readonly bytes: number;
  /** Size of its file after gzip, in bytes. */
  readonly gzip: number;
  /** The network, smaller where filters and units were removed. */
  readonly architecture: Architecture;
  /** The float32 weights; those of an int8 network are the ones that it was made from. */
  readonly weights: Weights;
  /** Absent where the arithmetic is float32. */
  readonly model?: QuantizedModel;
}

/** A network that is to be scored. */
interface Candidate
  extends Pick<QuantizedResult, "name" | "architecture" | "weights" | "moreEpochs"> {
  /** Name of the network that it is compared with, which was scored before. */
  readonly control?: string;
}

/** Scores networks of a run in float32 and int8 on its test images, one after the other. */
export class QuantizedResults {
  /** The results so far, in the order in which the networks were scored. */
  readonly list: QuantizedResult[] = [];
  readonly #predictions = new Map<string, Predictions>();

  /**
   * No results yet.
   * @param run the run that the networks come from
   * @param progress a unit of it is finished with each network
   */
  constructor(readonly run: Run, readonly data: RunData, readonly progress: JoinedProgress) {}

  /** Scores a network in float32, on the run's system. */
  async addFloat(network: Candidate): Promise<void> {
    const { run, data } = this;
    const given = await floatPredictions(run, data, network.architecture, network.weights);
    await this.#add(network, given, encodeSafetensors(network.weights));
  }

  /** Quantizes a network and scores it in int8. */
  async addInt8(
    network: Candidate,
    calibration: Partial<Calibration>,
    granularity: Granularity = "channel",
  ): Promise<void> {
    const { architecture, weights } = network;
    const { run: { normalisation }, data: { test } } = this;
    const model = quantizeModel(architecture, weights, normalisation, granularity, calibration);
    const predictor = await openInt8(model);
    const logits = predictor.predict(test.pixels, test.length);
    const given = { logits, labels: test.labels, classes: predictor.classes };
    await this.#add({ ...network, model }, given, encodeModel(model));
  }

  async #add(
    { name, control, ...network }: Candidate & { readonly model?: QuantizedModel },
    given: Predictions,
    file: Uint8Array,
  ): Promise<void> {
    const { top1, top5 } = scorePredictions(given);
    const other = control === undefined ? undefined : this.#predictions.get(control)!;
    this.#predictions.set(name, given);
    this.list.push({
      name,
      top1,
      top5,
      ...network,
      ...(control !== undefined && other ? { comparison: compare(control, other, given) } : {}),
      bytes: file.length,
      gzip: await gzipSize(file),
    });
    await this.progress.finish();
  }
}

async function floatPredictions(
  run: Run,
  data: RunData,
  architecture: Architecture,
  weights: Weights,
): Promise<Predictions> {
  const system = await systemOf(run.configuration, architecture);
  try {
    await system.setWeights(weights);
    return await predictAll(system, batches(data.test, run.normalisation));
  } finally {
    system.dispose();
  }
}
