/** The native TensorFlow as a backend of tfjs. Importing this module loads its library; see choose_backend.ts. */
import "./native_tensorflow.ts";
import "@tensorflow/tfjs-node-gpu";
import * as tf from "@tensorflow/tfjs-core";
import { nativeBackendName } from "./backend_names.ts";

/** Version of the native TensorFlow, as "2.21", with ", GPU" if it computes on one. */
export function nativeVersion(): string {
  const { binding, isUsingGpuDevice } = tf.findBackend(nativeBackendName) as tf.KernelBackend & {
    readonly binding: { readonly TF_Version: string };
    readonly isUsingGpuDevice: boolean;
  };
  const version = binding.TF_Version.split(".").slice(0, 2).join(".");
  return version + (isUsingGpuDevice ? ", GPU" : "");
}
