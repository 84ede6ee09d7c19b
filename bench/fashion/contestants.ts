/** Who is trained on the known data: our three systems, the LeNet-5 of 1998, and both in real PyTorch. */
import { join } from "node:path";
import { openBackend, withBackend } from "../../lib/backend/choose_backend.ts";
import { confusionMatrix } from "../../lib/metrics/confusion.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { encodeSafetensors } from "../../lib/model/safetensors.ts";
import { normalisation } from "../../lib/pixels/normalisation.ts";
import { batches, type RunData } from "../../lib/runs/run.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { systemTitles } from "../../lib/systems/create_system.ts";
import { score } from "../../lib/systems/evaluate.ts";
import { Lenet1998, MaximumAPosteriori } from "../../lib/systems/lenet1998/lenet1998.ts";
import { predictLenet1998, trainLenet1998 } from "../../lib/systems/lenet1998/train_lenet1998.ts";
import type { SystemName } from "../../lib/systems/system.ts";
import type { OnProgress } from "../../lib/util/progress.ts";
import { writeAtomic } from "../../lib/util/files.ts";
import { exportRun } from "../witness/export.ts";
import { type LoggedAccuracy, ourLog, type WitnessLog } from "../witness/log.ts";
import { theirLog } from "../witness/theirs.ts";

/** What one training needs. */
export interface Setting {
  readonly data: RunData;
  readonly classes: number;
  readonly epochs: number;
  readonly seed: number;
  /** Where the other programs' input goes, beside the exported pixels. */
  readonly exported: string;
  readonly onProgress: OnProgress;
}

/** One row of the table. */
export interface Contestant {
  readonly name: string;
  readonly network: "LeNet-5" | "LeNet-5 of 1998";
  /** Whose starting weights and order of the images it has too, seed by seed. */
  readonly twinOf?: string;
  train(setting: Setting): Promise<WitnessLog>;
}

/** Adam's, on both networks. */
const LEARNING_RATE = 1e-3;

const BATCH = 256;

const configurationOf = (system: SystemName, { classes, epochs, seed }: Setting) =>
  runConfiguration({
    system,
    architecture: lenet5(classes),
    epochs,
    seed,
    batchSize: BATCH,
    optimizer: { kind: "adam", learningRate: LEARNING_RATE },
  });

const ours = (system: SystemName): Contestant => ({
  name: `${systemTitles[system]}, here`,
  network: "LeNet-5",
  train(setting) {
    const configuration = configurationOf(system, setting);
    return ourLog({ system, kind: "corrected", configuration }, setting.data, setting.onProgress);
  },
});

const pytorch: Contestant = {
  name: "PyTorch",
  network: "LeNet-5",
  twinOf: `${systemTitles.torch}, here`,
  async train(setting) {
    const configuration = configurationOf("torch", setting);
    const run = { system: "torch", kind: "corrected", configuration } as const;
    return await theirLog(await exportRun(setting.exported, run, setting.data), false);
  },
};

/** The article's network with its starting weights, and its batches. */
async function prepare1998({ data, classes, seed }: Setting) {
  const backend = await openBackend();
  const model = withBackend(backend, () => new Lenet1998(classes, seed));
  const normalise = normalisation(data.train);
  const options = { batchSize: BATCH, shuffle: true, seed };
  return { backend, model, normalise, train: batches(data.train, normalise, options) };
}

const ours1998: Contestant = {
  name: "the LeNet-5 of 1998, here",
  network: "LeNet-5 of 1998",
  async train(setting) {
    const { backend, model, normalise, train } = await prepare1998(setting);
    const accuracy = async (split: "val" | "test"): Promise<LoggedAccuracy> => {
      const loader = batches(setting.data[split], normalise);
      const predictions = await predictLenet1998(model, loader, backend);
      const { top1, top5 } = score(predictions);
      return { top1, top5, classesPredicted: confusionMatrix(predictions).predicted };
    };
    const validation: LoggedAccuracy[] = [];
    const losses = await trainLenet1998(model, train, {
      epochs: setting.epochs,
      learningRate: LEARNING_RATE,
      onProgress: setting.onProgress,
      onEpoch: async () => void validation.push(await accuracy("val")),
    }, backend);
    const test = await accuracy("test");
    withBackend(backend, () => model.dispose());
    const rounded = losses.map((loss) => Number(loss.toPrecision(7)));
    return { program: backend.runsOn, losses: rounded, validation, test };
  },
};

const pytorch1998: Contestant = {
  name: "the LeNet-5 of 1998, PyTorch",
  network: "LeNet-5 of 1998",
  twinOf: ours1998.name,
  async train(setting) {
    const { backend, model, normalise, train } = await prepare1998(setting);
    const { data: { train: { length } }, epochs, exported } = setting;
    const folder = join(exported, "lenet1998");
    const orders = new Int32Array(epochs * length);
    for (let epoch = 0; epoch < epochs; epoch++) orders.set(train.order(epoch), epoch * length);
    const weights = await model.stateDict();
    withBackend(backend, () => model.dispose());
    await writeAtomic(join(folder, "order.i32"), new Uint8Array(orders.buffer));
    await writeAtomic(join(folder, "start.safetensors"), encodeSafetensors(weights));
    const run = {
      system: "lenet1998",
      kind: "corrected",
      input: [1, 32, 32],
      batchSize: BATCH,
      epochs,
      optimizer: { learningRate: LEARNING_RATE },
      j: new MaximumAPosteriori().j,
      normalisation: normalise,
      images: { train: length },
    };
    await writeAtomic(join(folder, "run.json"), JSON.stringify(run) + "\n");
    return await theirLog(folder, false);
  },
};

/** The contestants, in the order of the table. */
export const contestants: readonly Contestant[] = [
  ours("numpy"),
  ours("torch"),
  ours("keras"),
  pytorch,
  ours1998,
  pytorch1998,
];
