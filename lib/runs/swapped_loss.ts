import * as tf from "../backend/tf.ts";
import type { Criterion } from "../systems/torch/cross_entropy_loss.ts";

/**
 * The loss of the paper's PyTorch code: `CrossEntropyLoss` with its two arguments swapped. The one-hot
 * rows are taken for logits, and the logits for the target: −mean Σ_c x_c · log softmax(one-hot)_c.
 *
 * With L = log(e + K − 1) this is mean (L·Σ_c x_c − x_label). It is linear in the logits, so it has no
 * lower bound, and its gradient depends on the label but not on what the network answers.
 */
export const swappedCrossEntropy: Criterion = {
  forward: (logits, oneHot) =>
    tf.neg(tf.mean(tf.sum(tf.mul(logits, tf.logSoftmax(oneHot)), 1))) as tf.Scalar,
};
