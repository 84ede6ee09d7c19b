import * as tf from "@tensorflow/tfjs-core";

/**
 * Runs what computes gradients. If it fails, what its forward pass has saved for them is freed, which tfjs does
 * only at a gradient's regular end.
 */
export function withCleanTape<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { state } = tf.engine();
    if (state.gradientDepth === 0) {
      for (const { saved } of state.activeTape ?? []) tf.dispose(saved);
      state.activeTape = [];
    }
    throw error;
  }
}
