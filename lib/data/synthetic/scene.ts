import type { Rng } from "../../util/rng.ts";
import { animal } from "./animal.ts";
import { background, tint } from "./background.ts";
import { Canvas, type Placement } from "./canvas.ts";
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
  const cx = width * rng.uniform(0.4, 0.6), cy = height * rng.uniform(0.4, 0.6);
  const gain = contrast * 255;
  for (let i = 0, at = 0; i < width * height; i++, at += channels) {
    // the sum of four bytes is close enough to a normal number, and one draw makes it
    const bits = rng.uint32();
    const grain = noise *
      ((bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510) / 148;
    const red = clampLevel(brightness + gain * (pixels[3 * i]! - 0.5) + grain);
    const green = clampLevel(brightness + gain * (pixels[3 * i + 1]! - 0.5) + grain);
    const blue = clampLevel(brightness + gain * (pixels[3 * i + 2]! - 0.5) + grain);
    if (channels === 1) {
      data[at] = 0.299 * red + 0.587 * green + 0.114 * blue;
      continue;
    }
    data[at] = red;
    data[at + 1] = green;
    data[at + 2] = blue;
    if (channels === 4) {
      const x = (i % width - cx) / width, y = (Math.floor(i / width) - cy) / height;
      data[at + 3] = 255 * Math.min(1, Math.max(0.1, 2.2 - 4 * Math.sqrt(x * x + y * y)));
    }
  }
  return { width, height, channels, data };
}

/** A level within 0–255; the step to a byte cuts off what follows the point. */
function clampLevel(level: number): number {
  return level < 0 ? 0 : level > 255 ? 255 : level;
}
