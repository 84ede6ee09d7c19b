/** tfjs on the native TensorFlow, ready to use: what the systems import. */
import "./native_tensorflow.ts";
export * from "@tensorflow/tfjs-node-gpu";
