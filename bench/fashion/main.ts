/**
 * `deno task fashion [--data FOLDER] [--seeds N] [--epochs N]`: trains LeNet-5 in our three systems and in
 * real PyTorch, and the LeNet-5 of 1998 here and in PyTorch, on data that others have results on:
 * Fashion-MNIST, or another known data set, or any folder with MNIST, CIFAR-10 and the like. Each training is
 * kept in results/fashion_mnist/runs/ and is not repeated.
 */
import { join } from "node:path";
import { chooseDataset } from "../../lib/data/choose_dataset.ts";
import { loadPixels } from "../../lib/pixels/load_pixels.ts";
import { progress } from "../../lib/report/progress_bar.ts";
import type { Table } from "../../lib/report/table.ts";
import type { RunData } from "../../lib/runs/run.ts";
import { exists, projectRoot, writeAtomic } from "../../lib/util/files.ts";
import { dataChoice, readArguments, requireData } from "../../tasks/arguments.ts";
import { main, SetupError, step } from "../../tasks/run.ts";
import { setupBenchPython } from "../bench_python.ts";
import { machine } from "../machine.ts";
import { exportPixels } from "../witness/export.ts";
import type { WitnessLog } from "../witness/log.ts";
import { type Contestant, contestants } from "./contestants.ts";
import { fashionTable } from "./fashion_table.ts";
import { type PublishedAccuracy, publishedOnFashion } from "./published.ts";

/** What is trained on unless other data are named. */
const usual = "fashion-mnist";

async function fashion(): Promise<void> {
  const given = readArguments(
    "fashion",
    Deno.args,
    { data: "string", seeds: "string", epochs: "string" },
    "--data FOLDER, --seeds N and --epochs N",
  );
  const folder = given.data === undefined ? usual : dataChoice(given.data)!;
  const seeds = wholeNumber("seeds", given.seeds ?? "3");
  const epochs = wholeNumber("epochs", given.epochs ?? "10");
  await requireData(folder);
  await setupBenchPython();
  const dataset = await chooseDataset(folder, progress(`Getting ${folder}`, "kB"));
  const data = await loadPixels(dataset, {}, { onProgress: progress("Preprocessing", "images") });
  const classes = dataset.classes.length;
  const name = dataset.name.replaceAll("-", "_");
  const exported = join(projectRoot, ".cache", "witness", name);
  const results = join(projectRoot, "results", name);
  await exportPixels(exported, data);
  const pathOf = ({ name }: Contestant, seed: number) => {
    const file = `${name.toLowerCase().replace(/[^a-z0-9]+/g, "_")}_seed${seed}.json`;
    return join(results, "runs", file);
  };
  const logs = new Map(contestants.map(({ name }) => [name, new Map<number, KeptLog>()]));
  const todo: { readonly one: Contestant; readonly seed: number }[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    for (const one of contestants) {
      const kept = await read(pathOf(one, seed), fashionSettings(data, epochs, seed));
      if (kept) logs.get(one.name)!.set(seed, kept);
      else todo.push({ one, seed });
    }
  }
  const save = async (): Promise<Table> => {
    const table = tableOf(logs, data, {
      title: `${folder === usual ? "Fashion-MNIST" : dataset.name}, ${epochs} epochs`,
      published: folder === usual ? publishedOnFashion : [],
      classes,
    });
    await table.save(join(results, "accuracy"));
    return table;
  };
  for (const { one, seed } of todo) {
    const label = `${one.name}, seed ${seed}`, onProgress = progress(label, "images");
    const log: KeptLog = {
      date: new Date().toISOString().slice(0, 10),
      machine: machine(),
      settings: fashionSettings(data, epochs, seed),
      ...await step(
        label,
        () => one.train({ data, classes, epochs, seed, exported, onProgress }),
      ),
    };
    await writeAtomic(pathOf(one, seed), JSON.stringify(log) + "\n");
    logs.get(one.name)!.set(seed, log);
    await save(); // after every training, so that one that is stopped leaves a table of what there is
  }
  console.error((await save()).text());
}

/** The table of the trainings that there are. */
function tableOf(
  logs: ReadonlyMap<string, ReadonlyMap<number, KeptLog>>,
  { train, val, test }: RunData,
  { title, published, classes }: {
    readonly title: string;
    readonly published: readonly PublishedAccuracy[];
    readonly classes: number;
  },
): Table {
  const kept = [...logs.values()].flatMap((seeds) => [...seeds.values()]);
  const machines = new Set(kept.map(({ machine }) => machine));
  return fashionTable(contestants, logs, published, {
    title,
    testImages: test.length,
    notes: [
      `${count(train.length)} training, ${count(val.length)} validation and ${
        count(test.length)
      } ` +
      `test images of ${classes} classes, scaled to 32 × 32, standardised. Adam at 0.001, batches of 256; ` +
      "nothing was chosen on these images. The intervals hold the uncertainty from the test images and " +
      "that from the seeds." +
      (published.length > 0
        ? " The published networks were trained on all 60,000 images, with settings of their own."
        : ""),
      "LeNet-5 of 1998: partial connections of C3, trained subsampling, scaled tanh, radial basis functions with " +
      "random codes, the article's criterion (9) with j = 10; trained with Adam, where the article has a " +
      "stochastic Levenberg-Marquardt method.",
      `Computed ${period(kept.map(({ date }) => date))} on: ${[...machines].join("; ")}.`,
    ],
  });
}

const count = (images: number) => images.toLocaleString("en");

/** "on 2026-01-31", or from the first day to the last one. */
function period(dates: readonly string[]): string {
  const [first, last] = [dates.toSorted()[0]!, dates.toSorted().at(-1)!];
  return first === last ? `on ${first}` : `from ${first} to ${last}`;
}

/** What tells a training from others. The names of the classes do not count: nothing is trained on them. */
export function fashionSettings(
  { train, val, test }: RunData,
  epochs: number,
  seed: number,
): { readonly epochs: number; readonly seed: number; readonly images: readonly string[] } {
  return { epochs, seed, images: [train.key, val.key, test.key] };
}

interface KeptLog extends WitnessLog {
  readonly date: string;
  /** What it was computed on. */
  readonly machine: string;
  readonly settings: object;
}

/** A kept training of the same settings and images. */
async function read(path: string, settings: object): Promise<KeptLog | undefined> {
  if (!await exists(path)) return undefined;
  const log = JSON.parse(await Deno.readTextFile(path)) as KeptLog;
  return JSON.stringify(log.settings) === JSON.stringify(settings) ? log : undefined;
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new SetupError(`--${name} must be a whole number of at least 1, got ${text}`);
  }
  return value;
}

if (import.meta.main) await main(fashion);
