// @ts-nocheck plain JavaScript, since a page runs it as it is
/**
 * Trains LeNet-5 on generated images: bright squares in one of four corners, with noise. A page and Deno run this
 * same code.
 */

const CLASSES = 4, IMAGES = 256, BATCH = 64;

/** Whole numbers from a generator that is the same everywhere. */
function generator(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
}

function generatedImages(tf) {
  const random = generator(1), pixels = new Float32Array(IMAGES * 1024);
  const labels = new Int32Array(IMAGES);
  for (let n = 0; n < IMAGES; n++) {
    const label = labels[n] = random(CLASSES);
    const top = 4 + (label >> 1) * 14 + random(4), left = 4 + (label & 1) * 14 + random(4);
    for (let y = 0; y < 32; y++) {
      for (let x = 0; x < 32; x++) {
        const inside = y >= top && y < top + 8 && x >= left && x < left + 8;
        pixels[n * 1024 + y * 32 + x] = (random(64) + (inside ? 64 : 0) - 32) / 64;
      }
    }
  }
  return {
    pixels,
    labels,
    xs: tf.tensor4d(pixels, [IMAGES, 32, 32, 1]),
    ys: tf.tensor2d(Float32Array.from(labels), [IMAGES, 1]),
  };
}

/** LeNet-5 as in the Keras system. */
function lenet(tf) {
  let seed = 0;
  const kernelInitializer = () => tf.initializers.glorotUniform({ seed: ++seed });
  const conv = (filters, more = {}) =>
    tf.layers.conv2d({
      ...{ filters, kernelSize: 5, activation: "tanh", kernelInitializer: kernelInitializer() },
      ...more,
    });
  const dense = (units, activation) =>
    tf.layers.dense({ units, activation, kernelInitializer: kernelInitializer() });
  return tf.sequential({
    layers: [
      conv(6, { inputShape: [32, 32, 1] }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      conv(16),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      dense(120, "tanh"),
      dense(84, "tanh"),
      dense(CLASSES, "softmax"),
    ],
  });
}

/** A number for all bits of some arrays. */
function checksum(arrays) {
  let sum = 0;
  for (const array of arrays) {
    for (const bits of new Uint32Array(array.slice().buffer)) {
      sum = (Math.imul(sum, 31) + bits) >>> 0;
    }
  }
  return sum;
}

/** Trains on tfjs's current backend. `onEpoch` is told of each epoch. */
export async function trainLeNet(tf, onEpoch = () => {}) {
  const { xs, ys, pixels, labels } = generatedImages(tf);
  const model = lenet(tf);
  model.compile({
    optimizer: tf.train.adam(0.002),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });
  const history = [];
  await model.fit(xs, ys, {
    ...{ epochs: 4, batchSize: BATCH, shuffle: false, verbose: 0 },
    callbacks: {
      onEpochEnd: (epoch, { loss, acc }) => {
        history.push({ loss, accuracy: acc });
        onEpoch(epoch + 1, loss, acc);
      },
    },
  });
  const bits = checksum(await Promise.all(model.getWeights().map((weights) => weights.data())));
  return { history, bits, backend: tf.getBackend(), pixels, labels };
}
