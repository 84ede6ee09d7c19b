/** A tiny made-up data set in memory: noise with a bright column that tells the class. */
import type { PixelSet } from "../../lib/pixels/pixels.ts";
import type { RunData } from "../../lib/runs/run.ts";
import { Rng } from "../../lib/util/rng.ts";

export function pixelSet(length: number, classes: number, seed: number): PixelSet {
  const rng = new Rng(seed);
  const labels = Int32Array.from({ length }, (_, i) => i % classes);
  const pixels = new Uint8Array(length * 1024);
  for (let at = 0; at < pixels.length; at++) {
    const column = at % 32;
    const bright = labels[Math.floor(at / 1024)]! * 3 === column;
    pixels[at] = (bright ? 150 : 50) + rng.int(80);
  }
  return {
    length,
    channels: 1,
    height: 32,
    width: 32,
    labels,
    pixels,
    key: `made-${length}-${classes}-${seed}`,
    get: (index) => pixels.subarray(index * 1024, (index + 1) * 1024),
  };
}

export function runData(classes = 5): RunData {
  return {
    train: pixelSet(60, classes, 1),
    val: pixelSet(20, classes, 2),
    test: pixelSet(25, classes, 3),
  };
}
