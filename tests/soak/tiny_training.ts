/**
 * A short training that keeps its state after each batch, in a process of its own, to be killed. It prints
 * "training" after its first batch and, at the end, a digest of weights and history.
 *
 *     deno run -P=test tests/soak/tiny_training.ts '{"what":"numpy","folder":"…"}'
 */
import { lenet5 } from "../../lib/model/architecture.ts";
import { runConfiguration } from "../../lib/runs/run_configuration.ts";
import { RunStore } from "../../lib/runs/run_store.ts";
import { sha256 } from "../../lib/util/files.ts";
import type { Architecture } from "../../lib/model/architecture.ts";
import { runData } from "../runs/pixels.ts";

/** What trains: a system, and what it runs on. */
export const trained = {
  "numpy": { system: "numpy" },
  "torch": { system: "torch", backend: "kernels" },
  "keras": { system: "keras", backend: "kernels" },
  "numpy, reference": { system: "numpy", unplanned: true },
  "torch, native": { system: "torch", backend: "native" },
  "keras, native": { system: "keras", backend: "native" },
} as const;

/** A network that the kernels do not plan, so that the readable reference trains it. */
const unplanned: Architecture = {
  name: "pooled by three",
  input: { channels: 1, height: 32, width: 32 },
  layers: [
    { kind: "conv", name: "conv1", filters: 3, kernel: 3 },
    { kind: "tanh" },
    { kind: "maxpool", size: 3 },
    { kind: "flatten" },
    { kind: "dense", name: "fc1", units: 5 },
  ],
};

if (import.meta.main) {
  const { what, folder }: { what: keyof typeof trained; folder: string } = JSON.parse(
    Deno.args[0]!,
  );
  const { system, ...more } = trained[what];
  console.warn = () => {}; // that the reference computes is wanted here
  const configuration = runConfiguration({
    ...{ system, architecture: "unplanned" in more ? unplanned : lenet5(5) },
    ...{ epochs: 4, batchSize: 4, augmentation: { shift: 1, mirror: true }, labelSmoothing: 0.1 },
    ...{ schedule: "one-cycle" },
    ...("backend" in more ? { backend: more.backend } : {}),
  });
  let began = false;
  const store = new RunStore(folder, { checkpointSeconds: 0 });
  const { run } = await store.loadOrTrain(configuration, runData(), {
    onProgress() {
      if (!began) console.log("training");
      began = true;
    },
  });
  const history = run.history.map(({ epoch, loss, accuracy, val }) => [epoch, loss, accuracy, val]);
  const weights = Object.entries(run.weights).map(([name, { data }]) => [name, [...data]]);
  console.log(await sha256(JSON.stringify([weights, history])));
  Deno.exit(0);
}
