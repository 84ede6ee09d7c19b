/** Writes what another program needs to repeat a run: pixels, order of the images, starting weights. */
import { join } from "node:path";
import { countClasses } from "../../lib/model/architecture.ts";
import { encodeSafetensors } from "../../lib/model/safetensors.ts";
import type { RunData } from "../../lib/runs/run.ts";
import { type PreparedRun, prepareRun } from "../../lib/runs/train_run.ts";
import type { RunConfiguration } from "../../lib/runs/run_configuration.ts";
import { writeAtomic } from "../../lib/util/files.ts";
import { runName, type WitnessRun } from "./witness_runs.ts";

/** The numbers of an array, little-endian as every machine that runs this has them. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array | Uint8Array) =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** `pixels/`: for each split `<split>.u8`, (images, channels, height, width), and `<split>.labels.i32`. */
export async function exportPixels(folder: string, data: RunData): Promise<void> {
  for (const name of ["train", "val", "test"] as const) {
    const { pixels, labels } = data[name];
    await writeAtomic(join(folder, "pixels", `${name}.u8`), bytesOf(pixels));
    await writeAtomic(join(folder, "pixels", `${name}.labels.i32`), bytesOf(labels));
  }
}

/**
 * A folder for a run beside `pixels/`: `run.json`, `order.i32` with the positions of the training images
 * in the order of each epoch, and `start.safetensors`.
 * @returns the folder
 */
export async function exportRun(
  folder: string,
  run: WitnessRun,
  data: RunData,
): Promise<string> {
  const target = join(folder, runName(run));
  const prepared = await prepareRun(run.configuration, data);
  try {
    const orders = epochOrders(run.configuration, prepared, data);
    await writeAtomic(join(target, "order.i32"), bytesOf(orders));
    const weights = encodeSafetensors(await prepared.system.weights());
    await writeAtomic(join(target, "start.safetensors"), weights);
    const settings = { ...run, ...settingsFor(run, prepared, data) };
    await writeAtomic(join(target, "run.json"), JSON.stringify(settings, null, 2) + "\n");
  } finally {
    prepared.system.dispose();
  }
  return target;
}

/** Positions in the training split, (epochs, images): the loader's own order, after sorting by class. */
export function epochOrders(
  { order, epochs }: Pick<RunConfiguration, "order" | "epochs">,
  { train }: Pick<PreparedRun, "train">,
  data: RunData,
): Int32Array {
  const { labels, length } = data.train;
  const places = Array.from(labels.keys());
  if (order === "by class") places.sort((a, b) => labels[a]! - labels[b]!);
  const all = new Int32Array(epochs * length);
  for (let epoch = 0; epoch < epochs; epoch++) {
    all.set(train.order(epoch).map((place) => places[place]!), epoch * length);
  }
  return all;
}

/** What the Python programs read of a configuration, in words of their own. */
function settingsFor(
  { configuration }: WitnessRun,
  { normalisation }: PreparedRun,
  data: RunData,
) {
  const { architecture, optimizer, batchSize, epochs, faults = [] } = configuration;
  const { channels, height, width } = architecture.input;
  const [first = "tanh", , third = "tanh"] = architecture.layers
    .map(({ kind }) => kind).filter((kind) => /tanh|sigmoid|relu/.test(kind));
  return {
    input: [channels, height, width],
    classes: countClasses(architecture),
    activation: first,
    denseActivation: third,
    faults,
    batchSize,
    epochs,
    optimizer,
    normalisation,
    images: { train: data.train.length, val: data.val.length, test: data.test.length },
  };
}
