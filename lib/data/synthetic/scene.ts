import type { Rng } from "../../util/rng.ts";
import { animal } from "./animal.ts";
import { Canvas, type Colour, type Placement } from "./canvas.ts";
import type { Species } from "./species.ts";

/** An image before it is encoded. */
export interface Scene {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: RGB, 4: RGB and alpha. */
  readonly channels: 1 | 3 | 4;
  /** Interleaved rows, 0–255. */
  readonly data: Uint8Array;
}

/** How far the pictures of a class differ; set so that LeNet-5 lands where it does on photographs. */
const spread = {
  wildness: 0.6,
  angle: 0.15,
  noise: [3, 12],
  clutter: [1, 7],
  contrast: [0.7, 1],
};

/** Draws one animal in a place of its own: size, pose, light, background, clutter and noise vary. */
export function drawScene(species: Species, rng: Rng): Scene {
  const side = 40 * Math.exp(Math.log(500 / 40) * rng.uniform() ** 1.7); // small ones are common
  const aspect = Math.exp(rng.uniform(-0.3, 0.3));
  const clamp = (length: number) => Math.round(Math.min(500, Math.max(40, length)));
  const [width, height] = [clamp(side * aspect), clamp(side / aspect)];
  const canvas = new Canvas(width, height);
  const size = Math.min(width, height);
  const glow = rng.uniform(0, 2 * Math.PI);
  const light = [Math.cos(glow), Math.sin(glow)] as const;
  background(canvas, rng);
  clutter(
    canvas,
    rng,
    size,
    light,
    rng.int(spread.clutter[1]! - spread.clutter[0]!) + spread.clutter[0]!,
  );
  const placement: Placement = {
    scale: size * rng.uniform(0.42, 0.58),
    angle: rng.uniform(-spread.angle, spread.angle),
    mirrored: rng.uniform() < 0.5,
    x: width / 2 + size * rng.uniform(-0.09, 0.09),
    y: height / 2 - size * rng.uniform(-0.02, 0.16),
  };
  const colour = tint(rng, 0.25);
  for (const { limb, shade } of animal(species, rng, spread.wildness)) {
    canvas.limb(limb, placement, colour, light, shade);
  }
  clutter(canvas, rng, size, light, rng.int(3)); // something may stand in front
  const kind = rng.uniform();
  return develop(canvas, rng, kind < 0.12 ? 1 : kind > 0.94 ? 4 : 3);
}

/** A colour cast: each channel about 1. */
function tint(rng: Rng, strength: number): Colour {
  const channel = () => 1 + rng.uniform(-strength, strength);
  return [channel(), channel(), channel()];
}

/** Smooth light and dark, from two grids of random values. */
function background(canvas: Canvas, rng: Rng): void {
  const { width, height, pixels } = canvas;
  const base = rng.uniform(0.15, 0.85);
  const colour = tint(rng, 0.3);
  const grids = [[3, 0.3], [9, 0.18]].map(([cells, strength]) => {
    const values = Float64Array.from(
      { length: (cells! + 2) ** 2 },
      () => rng.uniform(-1, 1) * strength!,
    );
    return { cells: cells!, values };
  });
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let value = base;
      for (const { cells, values } of grids) {
        const [gx, gy] = [x / width * cells, y / height * cells];
        const [ix, iy] = [Math.floor(gx), Math.floor(gy)];
        const [fx, fy] = [gx - ix, gy - iy];
        const at = iy * (cells + 2) + ix;
        value += (values[at]! * (1 - fx) + values[at + 1]! * fx) * (1 - fy) +
          (values[at + cells + 2]! * (1 - fx) + values[at + cells + 3]! * fx) * fy;
      }
      const at = 3 * (y * width + x);
      for (let c = 0; c < 3; c++) pixels[at + c] = value * colour[c]!;
    }
  }
}

/** Stones, sticks and stalks: limbs of any tone anywhere. */
function clutter(
  canvas: Canvas,
  rng: Rng,
  size: number,
  light: readonly [number, number],
  count: number,
): void {
  const placement = { scale: size, angle: 0, mirrored: false, x: 0, y: 0 };
  for (let i = 0; i < count; i++) {
    const x0 = rng.uniform(0, canvas.width / size);
    const y0 = -rng.uniform(0, canvas.height / size);
    const length = rng.uniform(0, 0.45);
    const angle = rng.uniform(0, Math.PI);
    const r0 = rng.uniform(0.008, 0.07) * (length < 0.15 ? 1.6 : 0.6);
    const tone = rng.uniform(0.05, 0.95);
    const limb = {
      x0,
      y0,
      r0,
      x1: x0 + Math.cos(angle) * length,
      y1: y0 + Math.sin(angle) * length,
      r1: r0 * rng.uniform(0.3, 1),
    };
    canvas.limb(limb, placement, tint(rng, 0.3), light, () => tone);
  }
}

/** Exposure, noise and the step to bytes. */
function develop({ width, height, pixels }: Canvas, rng: Rng, channels: 1 | 3 | 4): Scene {
  const contrast = rng.uniform(spread.contrast[0]!, spread.contrast[1]!);
  const brightness = 128 + rng.uniform(-30, 30);
  const noise = rng.uniform(spread.noise[0]!, spread.noise[1]!);
  const data = new Uint8Array(width * height * channels);
  const [cx, cy] = [width * rng.uniform(0.4, 0.6), height * rng.uniform(0.4, 0.6)];
  for (let i = 0; i < width * height; i++) {
    // the sum of four bytes is close enough to a normal number, and one draw makes it
    const bits = rng.uint32();
    const grain = noise *
      ((bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510) / 148;
    const level = (value: number) => {
      const v = brightness + contrast * 255 * (value - 0.5) + grain;
      return v < 0 ? 0 : v > 255 ? 255 : v;
    };
    const [r, g, b] = [level(pixels[3 * i]!), level(pixels[3 * i + 1]!), level(pixels[3 * i + 2]!)];
    const at = i * channels;
    if (channels === 1) {
      data[at] = 0.299 * r + 0.587 * g + 0.114 * b;
      continue;
    }
    data[at] = r;
    data[at + 1] = g;
    data[at + 2] = b;
    if (channels === 4) {
      const [x, y] = [(i % width - cx) / width, (Math.floor(i / width) - cy) / height];
      data[at + 3] = 255 * Math.min(1, Math.max(0.1, 2.2 - 4 * Math.sqrt(x * x + y * y)));
    }
  }
  return { width, height, channels, data };
}
