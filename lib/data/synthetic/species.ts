/**
 * The fifty imaginary animals: ten families of five species. The families differ in build, the
 * species of a family only in proportions, tone and coat, so that they are hard to tell apart.
 * Lengths are in units of the trunk's length.
 */
export interface Species {
  readonly name: string;
  readonly family: string;
  /** Half the trunk's height at the chest and at the hip. */
  readonly chest: number;
  readonly hip: number;
  readonly legs: { readonly count: 4 | 6; readonly length: number; readonly width: number };
  readonly neck: { readonly length: number; /** radians above level */ readonly rise: number };
  readonly head: { readonly size: number; readonly muzzle: number };
  readonly ears: { readonly length: number; readonly width: number; readonly droop: number };
  readonly tail: {
    readonly length: number;
    readonly width: number;
    /** radians above level at the root, and how much it bends on */
    readonly rise: number;
    readonly curl: number;
  };
  /** Brightness of the coat, 0–1. */
  readonly tone: number;
  readonly coat: Coat;
}

/** What is drawn on the coat. */
export type Coat = "plain" | "stripes" | "spots" | "saddle" | "belly";

type Build = Omit<Species, "name" | "family" | "tone" | "coat">;

const build = (
  [chest, hip]: [number, number],
  [length, width]: [number, number],
  [neckLength, neckRise]: [number, number],
  [size, muzzle]: [number, number],
  [earLength, earWidth, droop]: [number, number, number],
  [tailLength, tailWidth, rise, curl]: [number, number, number, number],
  count: 4 | 6 = 4,
): Build => ({
  chest,
  hip,
  legs: { count, length, width },
  neck: { length: neckLength, rise: neckRise },
  head: { size, muzzle },
  ears: { length: earLength, width: earWidth, droop },
  tail: { length: tailLength, width: tailWidth, rise, curl },
});

//            trunk         legs          neck         head          ears               tail
const families: Readonly<Record<string, Build>> = {
  wolf: build([0.2, 0.16], [0.5, 0.055], [0.28, 0.7], [0.14, 0.2], [0.15, 0.05, 0], [
    0.5,
    0.07,
    -0.6,
    0.2,
  ]),
  fox: build([0.16, 0.14], [0.38, 0.04], [0.2, 0.6], [0.13, 0.17], [0.2, 0.07, 0], [
    0.75,
    0.12,
    -0.2,
    0.3,
  ]),
  cat: build([0.16, 0.15], [0.4, 0.045], [0.16, 0.7], [0.15, 0.05], [0.12, 0.06, 0], [
    0.7,
    0.035,
    0.5,
    0.9,
  ]),
  bear: build([0.3, 0.32], [0.4, 0.1], [0.18, 0.3], [0.19, 0.14], [0.08, 0.06, 0.2], [
    0.08,
    0.05,
    0,
    0,
  ]),
  mongoose: build([0.11, 0.13], [0.2, 0.035], [0.22, 0.4], [0.09, 0.12], [0.05, 0.04, 0.2], [
    0.85,
    0.05,
    0,
    -0.1,
  ]),
  beetle: build([0.26, 0.3], [0.32, 0.025], [0.06, 0], [0.14, 0.05], [0.3, 0.015, -0.6], [
    0.02,
    0.02,
    0,
    0,
  ], 6),
  hound: build([0.2, 0.14], [0.55, 0.045], [0.26, 0.8], [0.13, 0.22], [0.2, 0.06, 2.3], [
    0.5,
    0.03,
    0.8,
    0.8,
  ]),
  boar: build([0.28, 0.22], [0.3, 0.05], [0.1, 0], [0.19, 0.26], [0.12, 0.06, 0.5], [
    0.25,
    0.02,
    0.2,
    1.6,
  ]),
  deer: build([0.18, 0.18], [0.65, 0.035], [0.42, 1], [0.11, 0.17], [0.16, 0.05, 0.9], [
    0.12,
    0.05,
    0.4,
    0,
  ]),
  badger: build([0.19, 0.22], [0.2, 0.06], [0.12, 0.1], [0.13, 0.18], [0.06, 0.05, 0.1], [
    0.25,
    0.06,
    -0.1,
    0,
  ]),
};

/** What sets the species of a family apart from its build, and what they are called. */
const variants: readonly { name: string; tone: number; coat: Coat; change: Change }[] = [
  { name: "dusk", tone: 0.24, coat: "plain", change: {} },
  { name: "pale", tone: 0.78, coat: "belly", change: { ears: 1.35, muzzle: 1.15 } },
  { name: "banded", tone: 0.5, coat: "stripes", change: { tail: 0.75, legs: 1.12 } },
  { name: "mottled", tone: 0.6, coat: "spots", change: { trunk: 0.85, legs: 0.9 } },
  { name: "saddled", tone: 0.44, coat: "saddle", change: { trunk: 1.2, ears: 0.75, tail: 1.2 } },
];

interface Change {
  readonly trunk?: number;
  readonly legs?: number;
  readonly muzzle?: number;
  readonly ears?: number;
  readonly tail?: number;
}

/** All fifty by label: neighbours in the list are neighbours in looks. */
export const species: readonly Species[] = Object.entries(families).flatMap(([family, body]) =>
  variants.map(({ name, tone, coat, change }): Species => ({
    name: `${name} ${family}`,
    family,
    tone,
    coat,
    chest: body.chest * (change.trunk ?? 1),
    hip: body.hip * (change.trunk ?? 1),
    legs: { ...body.legs, length: body.legs.length * (change.legs ?? 1) },
    neck: body.neck,
    head: { size: body.head.size, muzzle: body.head.muzzle * (change.muzzle ?? 1) },
    ears: { ...body.ears, length: body.ears.length * (change.ears ?? 1) },
    tail: { ...body.tail, length: body.tail.length * (change.tail ?? 1) },
  }))
);
