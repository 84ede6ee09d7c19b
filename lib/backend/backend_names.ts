/** The kernels backend's name in tfjs. */
export const kernelsBackendName = "lenet-kernels";
/** The native TensorFlow's name in tfjs. */
export const nativeBackendName = "tensorflow";

/** The backends that there are: our WebAssembly kernels, and the native TensorFlow. */
export type BackendName = "kernels" | "native";
/** Their names. */
export const backendNames: readonly BackendName[] = ["kernels", "native"];
