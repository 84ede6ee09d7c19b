// The tensor kernels' exports. A job takes a descriptor (words in memory, written by the TypeScript beside
// it) and the number of the part that it is to compute; addresses are in bytes.
export { fill } from "./fill";
