/** CRC-32 as zlib, PNG and gzip have it: a checksum that also a page can compute. */

/** The remainder of each byte. */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? rest >>> 1 ^ 0xedb88320 : rest >>> 1;
  return rest;
});

/**
 * The checksum of bytes.
 * @param before that of the bytes before them, of which these are the continuation
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  let rest = ~before;
  for (let i = 0; i < bytes.length; i++) {
    rest = rest >>> 8 ^ remainders[(rest ^ bytes[i]!) & 0xff]!;
  }
  return ~rest >>> 0;
}
