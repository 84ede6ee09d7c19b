/** A limb: a thick line from (x0, y0) to (x1, y1) whose half-width goes from r0 to r1. */
export interface Limb {
  readonly x0: number;
  readonly y0: number;
  readonly r0: number;
  readonly x1: number;
  readonly y1: number;
  readonly r1: number;
}

/** Brightness of a point of a limb; (u, v) is the point in the limb's own coordinates. */
export type Shade = (u: number, v: number) => number;

/** Colour, each channel 0–1. */
export type Colour = readonly [red: number, green: number, blue: number];

/** Maps animal coordinates to pixels: turned, mirrored, scaled and shifted. */
export interface Placement {
  readonly scale: number;
  readonly angle: number;
  readonly mirrored: boolean;
  readonly x: number;
  readonly y: number;
}

/** An RGB picture of floats that limbs are painted on, one over the other. */
export class Canvas {
  readonly pixels: Float32Array;

  constructor(readonly width: number, readonly height: number) {
    this.pixels = new Float32Array(3 * width * height);
  }

  /**
   * Paints a limb given in `placement`'s coordinates. Its surface is round: it is lit from
   * `light` (a direction in pixels), darker on the other side. Edges are smoothed over a pixel.
   */
  limb(
    limb: Limb,
    placement: Placement,
    colour: Colour,
    light: readonly [number, number],
    shade: Shade,
  ): void {
    const { scale, angle, mirrored, x, y } = placement;
    const sign = mirrored ? -1 : 1;
    const cos = Math.cos(angle), sin = Math.sin(angle);
    const ax = x + scale * (sign * limb.x0 * cos - limb.y0 * sin);
    const ay = y - scale * (sign * limb.x0 * sin + limb.y0 * cos);
    const bx = x + scale * (sign * limb.x1 * cos - limb.y1 * sin);
    const by = y - scale * (sign * limb.x1 * sin + limb.y1 * cos);
    const ar = limb.r0 * scale, br = limb.r1 * scale;
    const dx = bx - ax, dy = by - ay, dr = br - ar;
    const squared = Math.max(dx * dx + dy * dy, 1e-9);
    const left = Math.max(0, Math.floor(Math.min(ax - ar, bx - br) - 1));
    const right = Math.min(this.width - 1, Math.ceil(Math.max(ax + ar, bx + br) + 1));
    const top = Math.max(0, Math.floor(Math.min(ay - ar, by - br) - 1));
    const bottom = Math.min(this.height - 1, Math.ceil(Math.max(ay + ar, by + br) + 1));
    const { pixels } = this;
    const [red, green, blue] = colour;
    const [lightX, lightY] = light;
    for (let py = top; py <= bottom; py++) {
      const ey = py - ay, qy = (y - py) / scale;
      for (let px = left; px <= right; px++) {
        const ex = px - ax;
        let t = (ex * dx + ey * dy) / squared;
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        const nx = ex - t * dx, ny = ey - t * dy;
        const radius = ar + t * dr;
        let cover = 0.5 + radius - Math.sqrt(nx * nx + ny * ny);
        if (cover <= 0) continue;
        if (cover > 1) cover = 1;
        // back to the limb's coordinates for the coat
        const qx = (px - x) / scale;
        const u = sign * (qx * cos + qy * sin);
        const v = qy * cos - qx * sin;
        const lit = 0.8 + 0.3 * (nx * lightX + ny * lightY) / (radius + 1);
        const value = cover * lit * shade(u, v);
        const at = 3 * (py * this.width + px);
        pixels[at] = pixels[at]! * (1 - cover) + value * red;
        pixels[at + 1] = pixels[at + 1]! * (1 - cover) + value * green;
        pixels[at + 2] = pixels[at + 2]! * (1 - cover) + value * blue;
      }
    }
  }
}
