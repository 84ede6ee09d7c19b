/** Specs of tfjs-core that cannot pass on the kernels backend: full name, and why. */
export const knownFailures: Readonly<Record<string, string>> = {};
