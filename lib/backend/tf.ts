/**
 * TensorFlow.js as the systems import it: the same instance of @tensorflow/tfjs that
 * @tensorflow/tfjs-node-gpu builds on. Which backend computes is chosen in choose_backend.ts.
 */
export * from "@tensorflow/tfjs";
