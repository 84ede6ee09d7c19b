/** tfjs on the native TensorFlow, ready to use: what the systems import. */
import "./native.ts";
export * from "@tensorflow/tfjs-node-gpu";
