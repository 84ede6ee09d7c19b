/** The kernels backend's name in tfjs. */
export const kernelsBackendName = "lenet-kernels";
/** The native TensorFlow's name in tfjs. */
export const nativeBackendName = "tensorflow";
