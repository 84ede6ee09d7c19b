/**
 * TensorFlow.js as the other side, in this process, on its own plain backend and not on our kernels: it opens
 * the files and saves them again.
 */
import * as tf from "../../lib/backend/tf.ts";
import { type Files, modelFile } from "../../lib/formats/tfjs_model.ts";

/** What TensorFlow.js answers, and what it writes. */
export interface TfjsAnswer {
  readonly logits: Float32Array;
  readonly files: Files;
}

/**
 * Opens a LayersModel.
 * @param images bytes, (n, channels, height, width)
 */
export async function throughTfjs(
  files: Files,
  images: Uint8Array,
  [channels, height, width]: readonly [number, number, number],
): Promise<TfjsAnswer> {
  await tf.setBackend("cpu");
  const { weightsManifest, modelTopology } = JSON.parse(
    new TextDecoder().decode(files[modelFile]),
  );
  const weightData = Uint8Array.from(files[weightsManifest[0].paths[0]]!).buffer;
  const weightSpecs = weightsManifest[0].weights;
  const model = await tf.loadLayersModel(
    tf.io.fromMemory({ modelTopology, weightSpecs, weightData }),
  );
  const answer = tf.tidy(() => {
    const count = images.length / (channels * height * width);
    const input = tf.tensor4d(Float32Array.from(images), [count, channels, height, width]);
    return model.predict(tf.transpose(input, [0, 2, 3, 1])) as tf.Tensor;
  });
  const logits = Float32Array.from(await answer.data());
  let written: Files = {};
  await model.save(tf.io.withSaveHandler((artifacts) => {
    const { modelTopology, weightSpecs, weightData } = artifacts;
    const manifest = [{ paths: ["group1-shard1of1.bin"], weights: weightSpecs }];
    const model = { modelTopology, format: "layers-model", weightsManifest: manifest };
    const bytes = tf.io.CompositeArrayBuffer.join(weightData);
    written = {
      "group1-shard1of1.bin": new Uint8Array(bytes),
      [modelFile]: new TextEncoder().encode(JSON.stringify(model)),
    };
    return Promise.resolve({
      modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" as const },
    });
  }));
  answer.dispose();
  model.dispose();
  return { logits, files: written };
}
