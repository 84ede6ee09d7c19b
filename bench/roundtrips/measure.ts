/** Sends networks to the other frameworks and back, and measures what differs. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openInt8 } from "../../lib/compression/quantization/int8_network.ts";
import { openNetwork, saveNetwork } from "../../lib/formats/network_files.ts";
import {
  type FloatNetwork,
  isInt8,
  type PortableNetwork,
} from "../../lib/formats/portable_network.ts";
import { decodeTfjs, type Files, modelFile } from "../../lib/formats/tfjs_model.ts";
import { countClasses } from "../../lib/model/architecture.ts";
import { maxWeightDifference } from "../../lib/model/weights.ts";
import { normalise } from "../../lib/pixels/pixels.ts";
import { createSystem } from "../../lib/systems/create_system.ts";
import { argmax } from "../../lib/util/argmax.ts";
import { writeAtomic } from "../../lib/util/files.ts";
import { run } from "../../tasks/run.ts";
import { benchPython } from "../bench_python.ts";
import type { Traveller } from "./networks.ts";
import { throughTfjs } from "./tfjs_side.ts";

/** The formats, and the files that each is tried with. */
export const routes = ["onnx", "keras", "kerasWeights", "tfjs", "pytorch"] as const;
/** One of them. */
export type Route = typeof routes[number];

const endings: Readonly<Record<Route, string>> = {
  onnx: ".onnx",
  keras: ".keras",
  kerasWeights: ".weights.h5",
  tfjs: "",
  pytorch: ".safetensors",
};

/** What one network's journey in one format has shown. */
export interface Journey {
  /** Name of the job. */
  readonly id: string;
  readonly route: Route;
  readonly name: string;
  readonly isInt8: boolean;
  readonly images: number;
  /** Bytes of the file. */
  readonly bytes: number;
  /** Largest difference between their logits and ours, and the largest logit. */
  readonly difference: number;
  readonly largest: number;
  /** Share of images for which both give the same class. */
  readonly sameClass: number;
  /** Largest difference of weights after the other side has written the network again. */
  readonly weightDifference: number;
  readonly sameLayers: boolean;
  /** The other side's logits. */
  readonly logits: Float32Array;
}

/** @param folder for the files, which stay there */
export async function measureJourneys(
  travellers: readonly Traveller[],
  folder: string,
): Promise<Journey[]> {
  const jobs: (Job & { readonly traveller: Traveller })[] = [];
  for (const [i, traveller] of travellers.entries()) {
    await writeAtomic(join(folder, `${i}.u8`), traveller.images);
    for (const route of routes) {
      if (isInt8(traveller.network) && route !== "onnx") continue;
      const job = jobOf(i, traveller.network, route);
      await saveNetwork(join(folder, job.file), traveller.network, formatOf(route));
      jobs.push({ ...job, traveller });
    }
  }
  const elsewhere = jobs.filter(({ format }) => format !== "tfjs");
  const list = elsewhere.map(({ traveller: _, ...job }) => job);
  await writeAtomic(join(folder, "jobs.json"), JSON.stringify(list));
  await run(benchPython, [fileURLToPath(new URL("sides.py", import.meta.url)), folder], {
    env: { PYTHONDONTWRITEBYTECODE: "1", TF_CPP_MIN_LOG_LEVEL: "3" },
  });
  const journeys: Journey[] = [];
  for (const { traveller, ...job } of jobs) journeys.push(await compare(folder, job, traveller));
  return journeys;
}

/** What the other side is told. */
export interface Job {
  readonly id: string;
  readonly format: Route;
  readonly file: string;
  readonly back: string;
  readonly images: string;
  readonly shape: readonly [number, number, number];
  readonly layers: FloatNetwork["architecture"]["layers"];
  readonly normalisation?: FloatNetwork["normalisation"];
}

function jobOf(i: number, network: PortableNetwork, format: Route): Job {
  const { input: { channels, height, width }, layers } = architectureOf(network);
  const id = `${i}_${format}`;
  return {
    id,
    format,
    file: `${id}${endings[format]}`,
    back: `${id}_back${endings[format]}`,
    images: `${i}.u8`,
    shape: [channels, height, width],
    layers,
    ...(isInt8(network) ? {} : { normalisation: network.normalisation }),
  };
}

async function compare(folder: string, job: Job, traveller: Traveller): Promise<Journey> {
  const { name, network, images } = traveller, { format } = job;
  const path = join(folder, job.file);
  let logits: Float32Array, back: PortableNetwork, bytes: number;
  if (format === "tfjs") {
    const files = await filesOf(path);
    const answer = await throughTfjs(files, images, job.shape);
    logits = answer.logits;
    back = await decodeTfjs(
      answer.files[modelFile]!,
      (part) => Promise.resolve(answer.files[part]!),
    );
    bytes = Object.values(files).reduce((sum, file) => sum + file.length, 0);
  } else {
    logits = new Float32Array((await Deno.readFile(join(folder, `${job.id}.f32`))).buffer);
    back = await openNetwork(join(folder, job.back), architectureOf(network));
    bytes = (await Deno.stat(path)).size;
  }
  const ours = await logitsOf(network, images), classes = countClasses(architectureOf(network));
  const count = logits.length / classes;
  const classOf = (of: Float32Array, n: number) =>
    argmax(of.subarray(n * classes, (n + 1) * classes));
  let same = 0, difference = 0, largest = 0;
  for (let n = 0; n < count; n++) if (classOf(ours, n) === classOf(logits, n)) same++;
  ours.forEach((x, i) => {
    difference = Math.max(difference, Math.abs(x - logits[i]!));
    largest = Math.max(largest, Math.abs(x));
  });
  if (ours.length !== logits.length) throw new Error(`${job.id}: ${logits.length} logits`);
  return {
    id: job.id,
    route: format,
    name,
    isInt8: isInt8(network),
    images: count,
    bytes,
    difference,
    largest,
    sameClass: same / count,
    logits,
    weightDifference: weightDifference(network, back),
    sameLayers: sameLayers(network, back),
  };
}

function formatOf(route: Route) {
  return route === "kerasWeights" ? "keras" : route;
}

async function filesOf(folder: string): Promise<Files> {
  const files: Record<string, Uint8Array> = {};
  for await (const { name } of Deno.readDir(folder)) {
    files[name] = await Deno.readFile(join(folder, name));
  }
  return files;
}

function architectureOf(network: PortableNetwork) {
  return isInt8(network) ? network.model.architecture : network.architecture;
}

/** Our logits of images as bytes. */
export async function logitsOf(network: PortableNetwork, images: Uint8Array) {
  const { channels, height, width } = architectureOf(network).input;
  const count = images.length / (channels * height * width);
  if (isInt8(network)) return (await openInt8(network.model)).predict(images, count);
  const { architecture, weights, normalisation = { mean: 0, std: 1 } } = network;
  const isPlain = architecture.layers.every((layer) =>
    !["avgpool", "batchnorm", "dropout"].includes(layer.kind) &&
    !("stride" in layer || "padding" in layer)
  );
  const system = await createSystem(isPlain ? "numpy" : "torch", architecture, {
    seed: 1,
    ...(isPlain ? {} : { backend: "kernels" as const }),
  });
  try {
    await system.setWeights(weights);
    return await system.predict(normalise(images, normalisation), count);
  } finally {
    system.dispose();
  }
}

/** The largest difference of two networks' weights; of int8, of anything that it stores. */
function weightDifference(a: PortableNetwork, b: PortableNetwork): number {
  if (!isInt8(a) && !isInt8(b)) return maxWeightDifference(a.weights, b.weights);
  if (!isInt8(a) || !isInt8(b)) return NaN;
  const numbers = ({ model }: typeof a) =>
    model.layers.flatMap(({ weight, bias, multipliers, outputScale }) => [
      ...[...weight.values, ...weight.scales, ...bias, ...multipliers, outputScale],
    ]);
  const others = numbers(b);
  return numbers(a).reduce((most, x, i) => Math.max(most, Math.abs(x - others[i]!)), 0);
}

/** Layers and sizes, without the names, which weights alone do not have. */
function sameLayers(a: PortableNetwork, b: PortableNetwork): boolean {
  const text = (network: PortableNetwork) => JSON.stringify(architectureOf(network).layers);
  return text(a) === text(b);
}
