/** What the tests compare with where there is no Python: files and logits of the other frameworks. */
import { join } from "node:path";
import { quantizeModel } from "../../lib/compression/quantization/quantized_model.ts";
import type { FloatNetwork, Int8Network } from "../../lib/formats/portable_network.ts";
import type { Architecture } from "../../lib/model/architecture.ts";
import { projectRoot, sha256, writeAtomic } from "../../lib/util/files.ts";
import { run } from "../../tasks/run.ts";
import { everyLayer, noise, seededWeights } from "./networks.ts";
import { type Job, measureJourneys, type Route } from "./measure.ts";

/** A small network that int8 can compute. */
const small: Architecture = {
  name: "small",
  input: { channels: 2, height: 8, width: 10 },
  layers: [
    { kind: "conv", name: "conv1", filters: 3, kernel: 3 },
    { kind: "maxpool", size: 2 },
    { kind: "relu" },
    { kind: "flatten" },
    { kind: "dense", name: "fc1", units: 10 },
    { kind: "tanh" },
    { kind: "dense", name: "fc2", units: 6 },
  ],
};

const normalisation = { mean: 120.5, std: 61.3 };

/** The network in float32 of the fixtures: every kind of layer. */
export const floatFixture: FloatNetwork = {
  architecture: everyLayer,
  weights: seededWeights(everyLayer, 1),
  normalisation,
  classes: ["ant", "bee", "cat", "dog", "eel"],
};

/** The network in int8 of the fixtures. */
export const int8Fixture: Int8Network = {
  model: quantizeModel(small, seededWeights(small, 2), normalisation, "channel", {
    ranges: { conv1: 2.5, fc1: 0.9 },
  }),
};

/** Images of each fixture, as bytes. */
export const fixtureImages = { float: noise(everyLayer, 16), int8: noise(small, 64) };

/** Folder of the fixtures. */
export const fixtureFolder: string = join(projectRoot, "tests", "fixtures", "formats");

/** Logits of the other side, by format, and the hash of the file that it computed them from. */
export type FormatFixtures = Readonly<
  Record<Route | "onnxInt8", { readonly sha256: string; readonly logits: readonly number[] }>
>;

/** @param folder for the files on the way */
export async function makeFixtures(folder: string): Promise<void> {
  const journeys = await measureJourneys([
    { name: "float", network: floatFixture, images: fixtureImages.float },
    { name: "int8", network: int8Fixture, images: fixtureImages.int8 },
  ], folder);
  const jobs: Job[] = JSON.parse(await Deno.readTextFile(join(folder, "jobs.json")));
  const found: Record<string, unknown> = {
    versions: JSON.parse(await Deno.readTextFile(join(folder, "versions.json"))),
  };
  for (const job of jobs) {
    const { file, back, format, id } = job;
    const journey = journeys.find((one) => one.id === id)!;
    const bytes = await Deno.readFile(join(folder, file));
    const name = journey.isInt8 ? "onnxInt8" : format;
    found[name] = { sha256: await sha256(bytes), logits: Array.from(journey.logits) };
    const ending = back.slice(back.indexOf("."));
    await writeAtomic(
      join(fixtureFolder, `${name}${ending}`),
      await Deno.readFile(join(folder, back)),
    );
  }
  const list = join(fixtureFolder, "formats.json");
  await writeAtomic(list, JSON.stringify(found) + "\n");
  await run(Deno.execPath(), ["fmt", "--quiet", list]);
}
