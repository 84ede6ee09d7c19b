/** How other formats of weights begin, and what to do about a file of theirs. */
const formats: readonly { readonly start: readonly number[]; readonly advice: string }[] = [
  {
    start: [0x50, 0x4b, 0x03, 0x04],
    advice:
      "it is a zip archive, which is what torch.save writes (.pt, .pth), and Keras (.keras) and " +
      "NumPy (.npz) too; load it there and save its arrays with safetensors: " +
      "safetensors.torch.save_file(model.state_dict(), path), for example",
  },
  {
    start: [0x80],
    advice:
      "it is a Python pickle, which is what old versions of torch.save wrote; load it in PyTorch " +
      "and save it with safetensors.torch.save_file(model.state_dict(), path)",
  },
  {
    start: [0x89, 0x48, 0x44, 0x46],
    advice:
      "it is an HDF5 file, which is what Keras saves as .h5; load it in Keras and save its arrays " +
      "with safetensors.numpy.save_file",
  },
  { start: [0x1f, 0x8b], advice: "it is compressed with gzip; unpack it first" },
  {
    start: [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59],
    advice: "it is a NumPy array (.npy); save it with safetensors.numpy.save_file",
  },
];

/**
 * Says which other format a file has, if it is a known one. A safetensors file has the length of its
 * header where others have these bytes: one of 0x80 bytes begins like a pickle, so the byte that follows a
 * pickle's first one, its protocol from 2 to 5, must be there too, and no `{` where a header starts.
 */
export function foreignFormat(bytes: Uint8Array): string | undefined {
  if (bytes[8] === 0x7b) return undefined;
  const found = formats.find(({ start }) => start.every((byte, i) => bytes[i] === byte));
  const isPickle = found?.start[0] === 0x80;
  return isPickle && !(bytes[1]! >= 2 && bytes[1]! <= 5) ? undefined : found?.advice;
}
