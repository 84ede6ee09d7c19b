/**
 * `deno task bench [--quick] [--int8]`: measures our systems beside PyTorch, Keras, NumPy and onnxruntime,
 * and leaves tables and a chart in results/bench/. About 11 minutes; `--quick`, a first impression, 5. With
 * `--int8` only the table of int8 is made again, with its speeds, which are then those of the processor's time
 * and can be measured beside other work.
 */
import { join } from "node:path";
import { projectRoot } from "../lib/util/files.ts";
import { openDataset } from "../lib/data/open_dataset.ts";
import { defaultDatasetFolder } from "../lib/data/synthetic/default_dataset.ts";
import { isJpeg } from "../lib/pixels/jpeg_header.ts";
import { dataLabel } from "../lib/report/tables/dataset_table.ts";
import { progress } from "../lib/report/progress_bar.ts";
import { openExperiment } from "../lib/runs/experiment.ts";
import { readArguments } from "../tasks/arguments.ts";
import { main, run, step } from "../tasks/run.ts";
import { setup } from "../tasks/setup.ts";
import { benchPython, setupBenchPython } from "./bench_python.ts";
import { compare, type ContenderName, type Measurement } from "./contenders.ts";
import { int8Networks, int8Table, vnniNote } from "./int8_accuracy.ts";
import { int8Speeds } from "./int8_speeds.ts";
import { hasAvx512, type Occasion, occasion } from "./machine.ts";
import { profile } from "./profile.ts";
import { type BenchClock, modelPath, type Request } from "./protocol.ts";
import { type Section, writeReport } from "./report.ts";
import { recordRun } from "./runs.ts";
import { drawing, targetsTable } from "./targets.ts";

const ours: readonly ContenderName[] = ["numpy (ours)", "numpy (ours), turbo"];
const systems: readonly ContenderName[] = [
  ...ours,
  ...["torch (ours)", "torch (ours), turbo", "torch (ours), native TensorFlow"] as const,
  ...["keras (ours)", "keras (ours), turbo", "keras (ours), native TensorFlow"] as const,
];
const frameworks: readonly ContenderName[] = [
  "PyTorch",
  // where PyTorch has twice the vectors that WebAssembly can get, also with the same
  ...(hasAvx512() ? ["PyTorch, AVX2"] as const : []),
  "PyTorch, compiled",
  "Keras",
];

async function bench(): Promise<void> {
  const { quick = false, int8 = false } = readArguments(
    "bench",
    Deno.args,
    { quick: "boolean", int8: "boolean" },
    "--quick and --int8",
  );
  // many short turns rather than a few long ones: the machine's pace changes within seconds
  const rounds = quick ? 3 : 6, seconds = quick ? 0.2 : 0.3;
  await setup();
  await setupBenchPython();
  await Deno.mkdir(join(projectRoot, ".cache", "bench"), { recursive: true });
  await run(benchPython, [
    ...[join(projectRoot, "bench", "contender.py"), "onnxruntime", "1", modelPath],
  ]);
  const sections: Section[] = [], begun = occasion();
  const measure = async (
    title: string,
    names: readonly ContenderName[],
    threads: number,
    request: Omit<Request, "seconds">,
    baseline: ContenderName,
  ): Promise<Measurement[]> => {
    const measurements = await step(
      `${title}, ${threads} thread${threads > 1 ? "s" : ""}`,
      () => compare(names, threads, { ...request, seconds }, rounds, console.error),
    );
    sections.push({ title, threads, measurements, baseline });
    return measurements;
  };
  const measureCompressed = async (clock: BenchClock): Promise<void> => {
    const compressed = [
      ...[
        "numpy (ours)",
        "int8 (ours)",
        "pruned + int8 (ours)",
        "PyTorch",
        "PyTorch, pruned",
      ] as const,
      ...["PyTorch, int8", "onnxruntime", "onnxruntime, int8"] as const,
    ];
    const turbos = [
      "numpy (ours), turbo",
      "int8 (ours), turbo",
      "pruned + int8 (ours), turbo",
    ] as const;
    for (const batch of [256, 1]) {
      const title = `Compressed inference, batch ${batch}`;
      const request = { work: "infer", batch, clock } as const;
      await measure(title, compressed, 1, request, "numpy (ours)");
      await measure(`${title}, turbo`, turbos, 1, request, "numpy (ours), turbo");
    }
  };
  const folder = join(projectRoot, "results", "bench");
  if (int8) {
    await measureCompressed("cpu");
    await int8Report(folder, begun, sections, "cpu");
    return;
  }
  const most = Math.max(2, Math.min(4, navigator.hardwareConcurrency));
  const training = [...systems, ...frameworks, "NumPy, vectorised"] as const;
  for (const threads of [1, most]) {
    await measure(
      "Training, batch 256",
      training,
      threads,
      { work: "train", batch: 256 },
      "PyTorch",
    );
  }
  const inference = [...systems, ...frameworks, "onnxruntime", "onnxruntime-node"] as const;
  for (const batch of [256, 1]) {
    const title = `Inference, batch ${batch}`;
    await measure(title, inference, 1, { work: "infer", batch }, "onnxruntime-node");
  }
  await measureCompressed("wall");
  const paths = await jpegPaths(quick ? 400 : 1000);
  const preprocessing = [
    ...[
      "preprocessing (ours)",
      "preprocessing (ours), fast decoder",
      "OpenCV + DataLoader",
    ] as const,
  ];
  const work = { work: "preprocess", batch: 64, paths } as const;
  await measure("JPEG files to 32×32 grey", preprocessing, most, work, "OpenCV + DataLoader");
  await measure(drawing, ["drawing (ours)"], most, {
    work: "draw",
    batch: 1,
    images: 500,
  }, "drawing (ours)");
  for (const images of [6000, 20000]) {
    const title = `A whole epoch of ${images} images, batching included`;
    const request = { work: "epoch", batch: 256, images } as const;
    await measure(title, ours, most, request, "numpy (ours)");
  }
  // what augmentation and evaluation add to an epoch
  const epoch = { work: "epoch", batch: 256, images: 20000 } as const;
  const [plain, turbo] = ["numpy (ours)", "numpy (ours), turbo"] as const;
  const title = "An epoch of 20000 images, with augmentation and evaluation";
  await measure(title, [plain, `${plain}, all of it`], most, epoch, plain);
  await measure(title, [turbo, `${turbo}, all of it`], most, epoch, turbo);
  for (const batch of [64]) {
    const title = `Training, batch ${batch}`;
    await measure(title, [...ours, "PyTorch"], 1, { work: "train", batch }, "PyTorch");
  }
  await writeReport(folder, begun, sections, await profile());
  await recordRun(folder, begun, sections);
  const reached = targetsTable(begun, sections);
  await reached.save(join(folder, "targets"));
  console.error(reached.text());
  await int8Report(folder, begun, sections, "wall");
  console.error(`\nTables and chart: ${folder}`);
}

/** int8 in three libraries: accuracy, agreement with float32, and the speeds of the sections. */
async function int8Report(
  folder: string,
  { machine, date }: Occasion,
  sections: readonly Section[],
  clock: BenchClock,
): Promise<void> {
  await step("int8 in three libraries, accuracy", async () => {
    const experiment = await openExperiment(progress);
    const { networks, hasVnni } = await int8Networks(experiment);
    const measuredBy = clock === "cpu"
      ? "the time that each process had the processor"
      : "the clock on the wall";
    const notes = [
      vnniNote(hasVnni),
      `Speeds: one thread, in turns, by ${measuredBy}; ` +
      "images/s are medians, the ratios those of each turn (range). They were " +
      `measured on: ${machine}. Data: ${dataLabel(experiment.dataset)}. Computed on ${date}.`,
    ];
    const table = int8Table(networks, experiment.data, notes, int8Speeds(sections, hasVnni));
    await table.save(join(folder, "int8_accuracy"));
    console.error(table.text());
  });
}

/** Training images of the default data that are JPEGs by their content: 40 to 500 pixels a side. */
async function jpegPaths(count: number): Promise<string[]> {
  const { train } = (await openDataset(await defaultDatasetFolder())).splits;
  const paths: string[] = [];
  const step = Math.max(1, Math.floor(train.length / (2 * count)));
  for (let i = 0; i < train.length && paths.length < count; i += step) {
    const source = train.image(i);
    if (source.kind === "file" && isJpeg(await Deno.readFile(source.path))) paths.push(source.path);
  }
  return paths;
}

if (import.meta.main) await main(bench);
