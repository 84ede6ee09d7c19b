/**
 * int8 in three libraries on the same trained weights: accuracy, agreement with float32, size and speed
 * in one table. The bench calls it with the speeds that it has measured.
 */
import { join } from "node:path";
import { calibrate } from "../lib/compression/quantization/calibrate.ts";
import { openInt8 } from "../lib/compression/quantization/int8_network.ts";
import { quantizeModel } from "../lib/compression/quantization/quantized_model.ts";
import { encodeModel } from "../lib/compression/quantization/quantized_model_file.ts";
import { predictedLabels } from "../lib/metrics/confusion.ts";
import { holm } from "../lib/metrics/holm.ts";
import { mcnemar } from "../lib/metrics/mcnemar.ts";
import { correct, topK } from "../lib/metrics/topk.ts";
import { wilson } from "../lib/metrics/wilson.ts";
import { encodeSafetensors } from "../lib/model/safetensors.ts";
import { type Cell, Table } from "../lib/report/table.ts";
import type { Experiment } from "../lib/runs/experiment.ts";
import { batches, restore, type Run, type RunData } from "../lib/runs/run.ts";
import { runConfiguration } from "../lib/runs/run_configuration.ts";
import { predictAll, type Predictions } from "../lib/systems/evaluate.ts";
import { projectRoot, writeAtomic } from "../lib/util/files.ts";
import { run } from "../tasks/run.ts";
import { benchPython } from "./bench_python.ts";
import { exportPixels } from "./witness/export.ts";

/** Training images that all libraries calibrate on, the same ones. */
const CALIBRATION = 512;

/** A network that one library computes. */
export interface Int8Network {
  readonly library: string;
  /** "float32", or how int8 was set. */
  readonly setting: string;
  /** Logits of the validation images and then of the test images. */
  readonly logits: Float32Array;
  readonly bytes: number;
}

/** How fast a network was. */
export interface Int8Speed {
  /** Images a second. */
  readonly rate: number;
  /** Ratio to the same library's float32, round by round: median and range; absent for float32. */
  readonly times?: string;
}

/** The speed of a library's float32 and of the int8 setting that was measured, by batch size. */
export type Int8Speeds = (
  library: string,
  setting: string,
  batch: number,
) => Int8Speed | undefined;

/** All networks on the weights of the corrected torch run, which Table III has too. */
export async function int8Networks(
  { architecture, data, store }: Pick<Experiment, "architecture" | "data" | "store">,
): Promise<{ networks: Int8Network[]; hasVnni: boolean }> {
  const configuration = runConfiguration({ system: "torch", architecture });
  const { run: trained } = await store.loadOrTrain(configuration, data);
  const { networks, hasVnni } = await theirNetworks(trained, data);
  return { networks: [...await ourNetworks(trained, data), ...networks], hasVnni };
}

async function ourNetworks(trained: Run, data: RunData): Promise<Int8Network[]> {
  const { weights, normalisation, configuration: { architecture } } = trained;
  const library = "this project";
  const float = await restore(trained);
  const logits: Float32Array[] = [];
  for (const split of ["val", "test"] as const) {
    logits.push((await predictAll(float, batches(data[split], normalisation))).logits);
  }
  float.dispose();
  const found = await calibrate(architecture, weights, firstBatch(data, normalisation));
  const model = quantizeModel(architecture, weights, normalisation, "channel", found);
  const int8 = await openInt8(model);
  const rounded = (["val", "test"] as const).map((split) =>
    int8.predict(data[split].pixels, data[split].length)
  );
  const bytes = encodeSafetensors(weights).length;
  const setting = "int8, each filter's own scale, errors compensated";
  return [
    { library, setting: "float32", logits: joined(logits), bytes },
    { library, setting, logits: joined(rounded), bytes: encodeModel(model).length },
  ];
}

/** The calibration images as one batch. */
function firstBatch(data: RunData, normalisation: Run["normalisation"]) {
  const loader = calibrationLoader(data, normalisation);
  return {
    length: 1,
    samples: Math.min(CALIBRATION, data.train.length),
    async *[Symbol.asyncIterator]() {
      for await (const batch of loader) {
        yield batch;
        return;
      }
    },
  };
}

function calibrationLoader({ train }: RunData, normalisation: Run["normalisation"]) {
  const batchSize = Math.min(CALIBRATION, train.length);
  return batches(train, normalisation, { batchSize, seed: 1, shuffle: true });
}

async function theirNetworks(
  { weights, normalisation, configuration }: Run,
  data: RunData,
): Promise<{ networks: Int8Network[]; hasVnni: boolean }> {
  const cache = join(projectRoot, ".cache", "bench");
  await exportPixels(cache, data);
  const folder = join(cache, "int8");
  const order = calibrationLoader(data, normalisation).order(0);
  await writeAtomic(join(folder, "order.i32"), new Uint8Array(order.slice().buffer));
  await writeAtomic(join(folder, "start.safetensors"), encodeSafetensors(weights));
  const { channels, height, width } = configuration.architecture.input;
  const settings = {
    input: [channels, height, width],
    normalisation,
    calibrationImages: CALIBRATION,
    images: { train: data.train.length },
    classes: weights["fc3.bias"]!.data.length,
  };
  await writeAtomic(join(folder, "run.json"), JSON.stringify(settings) + "\n");
  await run(benchPython, [join(projectRoot, "bench", "int8_accuracy.py"), folder], {
    env: { PYTHONDONTWRITEBYTECODE: "1", TF_CPP_MIN_LOG_LEVEL: "3" },
  });
  const { networks, hasVnni } = JSON.parse(
    await Deno.readTextFile(join(folder, "networks.json")),
  ) as { networks: (Omit<Int8Network, "logits"> & { file: string })[]; hasVnni: boolean };
  const read = async ({ file, ...rest }: (typeof networks)[number]) => ({
    ...rest,
    logits: new Float32Array((await Deno.readFile(join(folder, file))).buffer),
  });
  return { networks: await Promise.all(networks.map(read)), hasVnni };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The networks side by side, with columns for their speeds if those were measured beside. */
export function int8Table(
  networks: readonly Int8Network[],
  { val, test }: Pick<RunData, "val" | "test">,
  notes: readonly string[],
  speed?: Int8Speeds,
): Table {
  const labels = Int32Array.from([...val.labels, ...test.labels]);
  const classes = networks[0]!.logits.length / labels.length;
  const all = ({ logits }: Int8Network): Predictions => ({ logits, labels, classes });
  const onTest = ({ logits }: Int8Network): Predictions => ({
    logits: logits.subarray(val.length * classes),
    labels: test.labels,
    classes,
  });
  const floatOf = (network: Int8Network) =>
    networks.find(({ library, setting }) => library === network.library && setting === "float32")!;
  const rounded = networks.filter((network) => network !== floatOf(network));
  const corrected = holm(
    rounded.map((one) => mcnemar(correct(onTest(floatOf(one))), correct(onTest(one))).p),
  );
  return new Table({
    title: "int8 in three libraries, on the same trained weights",
    columns: [
      { key: "library", label: "library" },
      { key: "setting", label: "network" },
      { key: "top1", label: "test top-1 (95 %)", align: "right" },
      { key: "top5", label: "test top-5 (95 %)", align: "right" },
      { key: "agreement", label: "same class as its float32 (95 %)", align: "right" },
      { key: "p", label: "p (McNemar, Holm)", digits: 3 },
      ...speed
        ? [
          { key: "rate", label: "images/s, batch 256", digits: 0 },
          { key: "times", label: "times its float32, batch 256", align: "right" } as const,
          { key: "single", label: "times its float32, one image", align: "right" } as const,
        ]
        : [],
      { key: "size", label: "file, kB", digits: 1 },
    ],
    rows: networks.map((network): Record<string, Cell> => {
      const { library, setting, bytes } = network;
      const float = floatOf(network), own = rounded.indexOf(network);
      const given = onTest(network);
      const [batch, single] = [256, 1].map((images) => speed?.(library, setting, images));
      return {
        library,
        setting,
        size: bytes / 1000,
        top1: topK(given, 1),
        top5: topK(given, 5),
        ...speed && { rate: batch?.rate, times: batch?.times, single: single?.times },
        ...(own < 0 ? {} : {
          agreement: sameClass(all(network), all(float)),
          p: corrected[own],
        }),
      };
    }),
    notes: [
      `The same class: on the ${val.length} validation and ${test.length} test images. All libraries ` +
      `calibrate on the same ${CALIBRATION} training images. p: McNemar's exact test on the test images ` +
      `against the same library's float32, by Holm's correction for ${rounded.length} tests.`,
      ...notes,
    ],
  });
}

/** Why the libraries hold one side to 7 bits, and whether they have to here. */
export function vnniNote(hasVnni: boolean): string {
  const here = hasVnni
    ? "The processor measured has VNNI, so 8 bits are sound on both sides, and the speeds are those of weights of 8 bits."
    : "The processor measured has no VNNI, so the speeds are those of weights of 7 bits.";
  return "Without VNNI, x86 multiplies bytes with vpmaddubsw, which adds two products of an unsigned and a " +
    "signed byte in 16 bits and saturates, unless one side has 7 bits only. By default PyTorch holds " +
    "activations to 7 bits (reduce_range), but not the outputs of tanh, for which it has a grid of its own. " +
    `onnxruntime offers 7 bits for weights. Where the processor has VNNI, neither is needed. ${here}`;
}

function sameClass(one: Predictions, other: Predictions) {
  const [a, b] = [predictedLabels(one), predictedLabels(other)];
  return wilson(a.filter((label, i) => label === b[i]).length, a.length);
}
