/** A grey TIFF of 32-bit floating-point samples from 0 to 1, as scientific cameras write them. */
export function floatTiff(width: number, height: number): Uint8Array {
  const short = 3, long = 4;
  const directory: [tag: number, type: number, value: number][] = [
    [256, long, width],
    [257, long, height],
    [258, short, 32], // bits a sample
    [259, short, 1], // no compression
    [262, short, 1], // 0 is black
    [273, long, 0], // where the samples are; set below
    [277, short, 1], // samples a pixel
    [278, long, height], // rows a strip
    [279, long, 4 * width * height],
    [339, short, 3], // floating point
  ];
  const start = 8 + 2 + 12 * directory.length + 4;
  directory[5]![2] = start;
  const view = new DataView(new ArrayBuffer(start + 4 * width * height));
  view.setUint32(0, 0x49492a00); // "II", 42: little-endian
  view.setUint32(4, 8, true);
  view.setUint16(8, directory.length, true);
  directory.forEach(([tag, type, value], i) => {
    const at = 10 + 12 * i;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, 1, true);
    view.setUint32(at + 8, value, true);
  });
  for (let i = 0; i < width * height; i++) {
    view.setFloat32(start + 4 * i, i / (width * height), true);
  }
  return new Uint8Array(view.buffer);
}
