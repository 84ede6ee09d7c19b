/** What this process's kernels compute, in short: for `turbo_test.ts`, which runs it with other flags. */
import { initialWeights } from "../../lib/model/initial_weights.ts";
import { lenet5 } from "../../lib/model/architecture.ts";
import { createEngine } from "../../lib/systems/numpy/numpy_system.ts";
import { openInt8 } from "../../lib/compression/quantization/int8_network.ts";
import { quantizeModel } from "../../lib/compression/quantization/quantized_model.ts";
import { randomBatch } from "../systems/helpers.ts";

/** Names of the engines, and a digest of trained weights and of the logits of both engines. */
export async function computeInShort(): Promise<{ names: string[]; digest: string }> {
  const architecture = lenet5(), batch = randomBatch(architecture, 50, 70);
  const engine = createEngine(architecture, { engine: "kernels", threads: 2 });
  engine.setWeights(initialWeights(architecture, "lecun", 1));
  engine.begin({ kind: "adam", learningRate: 1e-3 });
  for (let i = 0; i < 3; i++) await engine.step(batch);
  const weights = await engine.weights();
  const int8 = await openInt8(
    quantizeModel(architecture, weights, { mean: 117, std: 61 }, "channel", {}),
  );
  const bytes = Uint8Array.from({ length: 70 * 1024 }, (_, i) => i * 7919 % 256);
  const results = [
    ...Object.values(weights).map(({ data }) => data),
    await engine.logits(batch.images, 70),
    int8.predict(bytes, 70),
  ];
  engine.dispose();
  const all = new Blob(results.map((data) => data.slice()));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await all.arrayBuffer()));
  return { names: [engine.name, int8.name], digest: digest.toBase64() };
}

if (import.meta.main) console.log(JSON.stringify(await computeInShort()));
