import type { Rng } from "../../util/rng.ts";
import type { Limb, Shade } from "./canvas.ts";
import type { Species } from "./species.ts";

/** A limb and whether the coat's pattern goes over it. */
export interface BodyPart {
  readonly limb: Limb;
  readonly shade: Shade;
}

/**
 * The limbs of one animal in a pose of its own, back to front. The trunk lies from (−0.5, 0) to
 * (0.5, 0), head to the right, up is positive.
 * @param wildness how far poses and proportions stray from the species, 1 by default
 */
export function animal(species: Species, rng: Rng, wildness = 1): BodyPart[] {
  const vary = (value: number, share: number) =>
    value * (1 + wildness * rng.uniform(-share, share));
  const bend = (value: number, by: number) => value + wildness * rng.uniform(-by, by);
  const tone = Math.min(0.95, Math.max(0.06, species.tone + wildness * rng.uniform(-0.12, 0.12)));
  const coat = coatShade(species, tone, rng);
  const dim: Shade = () => tone * 0.72;
  const chest = vary(species.chest, 0.15);
  const hip = vary(species.hip, 0.15);
  const parts: BodyPart[] = [];
  const add = (
    x0: number,
    y0: number,
    r0: number,
    x1: number,
    y1: number,
    r1: number,
    shade: Shade,
  ) => {
    parts.push({ limb: { x0, y0, r0, x1, y1, r1 }, shade });
  };

  // legs: the far ones first and darker, each swung by the gait
  const { legs } = species;
  const roots = legs.count === 4 ? [-0.4, 0.4] : [-0.3, 0.05, 0.4];
  const length = vary(legs.length, 0.12);
  const legPairs = roots.map((root) => [root, rng.uniform(-0.35, 0.35) * wildness] as const);
  const leg = (root: number, swing: number, shade: Shade) => {
    const at = -0.6 * (root < 0 ? hip : chest);
    const kneeX = root + Math.sin(swing) * length * 0.5;
    const kneeY = at - Math.cos(swing) * length * 0.5;
    add(root, at, legs.width * 1.3, kneeX, kneeY, legs.width, shade);
    add(
      kneeX,
      kneeY,
      legs.width,
      kneeX - Math.sin(swing) * length * 0.2,
      kneeY - length * 0.5,
      legs.width * 0.8,
      shade,
    );
  };
  for (const [root, swing] of legPairs) leg(root + 0.06, -swing, dim);

  // tail: four pieces along an arc
  const { tail } = species;
  let [x, y] = [-0.5 - hip * 0.4, hip * 0.3];
  let direction = Math.PI - bend(tail.rise, 0.5);
  const curl = bend(tail.curl, 0.5);
  const piece = vary(tail.length, 0.15) / 4;
  for (let i = 0; i < 4; i++) {
    const [nx, ny] = [x + Math.cos(direction) * piece, y + Math.sin(direction) * piece];
    add(x, y, tail.width * (1 - 0.12 * i), nx, ny, tail.width * (1 - 0.12 * (i + 1)), coat);
    [x, y] = [nx, ny];
    direction -= curl / 3;
  }

  add(-0.5 + hip * 0.5, 0, hip, 0.5 - chest * 0.5, 0.02, chest, coat);
  for (const [root, swing] of legPairs) leg(root, swing, coat);

  // neck, ear behind, head, muzzle, ear in front
  const rise = bend(species.neck.rise, 0.4);
  const neck = vary(species.neck.length, 0.2);
  const { head, ears } = species;
  const [nx, ny] = [0.42, chest * 0.45];
  const [hx, hy] = [
    nx + Math.cos(rise) * (neck + head.size * 0.6),
    ny + Math.sin(rise) * (neck + head.size * 0.6),
  ];
  add(nx, ny, chest * 0.65, hx, hy, head.size * 0.75, coat);
  const gaze = bend(-0.25, 0.35);
  const ear = (offset: number, shade: Shade) => {
    const angle = Math.PI / 2 + 0.35 + offset + ears.droop;
    const rootX = hx - head.size * 0.35 + offset * 0.15;
    const rootY = hy + head.size * 0.7;
    const l = vary(ears.length, 0.15);
    add(
      rootX,
      rootY,
      ears.width,
      rootX + Math.cos(angle) * l,
      rootY + Math.sin(angle) * l,
      ears.width * 0.35,
      shade,
    );
  };
  ear(-0.5, dim);
  add(hx, hy, head.size, hx, hy, head.size, coat);
  const muzzle = vary(head.muzzle, 0.15);
  const [mx, my] = [
    hx + Math.cos(gaze) * (head.size * 0.7 + muzzle),
    hy + Math.sin(gaze) * (head.size * 0.7 + muzzle),
  ];
  add(hx + head.size * 0.3, hy - head.size * 0.2, head.size * 0.6, mx, my, head.size * 0.32, coat);
  ear(0.2, coat);
  const dark: Shade = () => 0.05;
  add(mx, my, head.size * 0.14, mx, my, head.size * 0.14, dark);
  add(
    hx + head.size * 0.4,
    hy + head.size * 0.25,
    head.size * 0.12,
    hx + head.size * 0.4,
    hy + head.size * 0.25,
    head.size * 0.12,
    dark,
  );
  return parts;
}

/** The coat's brightness at a point of the animal. */
function coatShade({ coat }: Species, tone: number, rng: Rng): Shade {
  const phase = rng.uniform(0, 2 * Math.PI);
  const other = tone > 0.5 ? tone - 0.3 : tone + 0.3;
  const frequency = rng.uniform(12, 15);
  switch (coat) {
    case "plain":
      return () => tone;
    case "stripes":
      return (u, v) => Math.sin(frequency * u + 4 * v + phase) > 0.2 ? other : tone;
    case "spots":
      return (u, v) =>
        Math.sin(frequency * u + phase) * Math.sin(frequency * v) > 0.35 ? other : tone;
    case "saddle":
      return (u, v) => v > 0.04 && u < 0.35 ? other : tone;
    case "belly":
      return (_, v) => v < -0.06 ? other : tone;
  }
}
