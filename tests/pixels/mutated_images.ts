/** Damages images in many ways and tries what becomes of them; the fuzz test and the soak use it. */
import sharp from "sharp";
import { drawScene } from "../../lib/data/synthetic/scene.ts";
import { species } from "../../lib/data/synthetic/species.ts";
import { BadImage } from "../../lib/pixels/bad_image.ts";
import { preprocess } from "../../lib/pixels/preprocess.ts";
import { Rng } from "../../lib/util/rng.ts";

/** An intact image file. */
export interface Specimen {
  readonly kind: string;
  readonly bytes: Uint8Array;
  /** Whether every byte that matters is under a checksum, so that damage cannot pass. */
  readonly checksummed: boolean;
}

/** Small drawings of the project's own in every format and kind that is read. */
export async function specimens(seed: number): Promise<Specimen[]> {
  const rng = new Rng(seed);
  let scene;
  do scene = drawScene(species[rng.int(50)]!, rng); while (
    scene.width > 80 || scene.height > 80 || scene.channels !== 3
  );
  const { width, height, channels, data } = scene;
  const image = () => sharp(data, { raw: { width, height, channels } });
  const made: [string, Promise<Uint8Array>][] = [
    ["jpeg", image().jpeg({ chromaSubsampling: "4:2:0" }).toBuffer()],
    ["progressive jpeg", image().jpeg({ progressive: true }).toBuffer()],
    ["grey jpeg", image().toColourspace("b-w").jpeg().toBuffer()],
    ["cmyk jpeg", image().toColourspace("cmyk").jpeg().toBuffer()],
    ["turned jpeg", image().jpeg().withMetadata({ orientation: 6 }).toBuffer()],
    ["png", image().png().toBuffer()],
    ["palette png", image().png({ palette: true }).toBuffer()],
    ["16-bit png", image().toColourspace("rgb16").png().toBuffer()],
    ["webp", image().webp().toBuffer()],
    ["lossless webp", image().webp({ lossless: true }).toBuffer()],
    ["gif", image().gif().toBuffer()],
    ["lzw tiff", image().tiff({ compression: "lzw" }).toBuffer()],
    ["plain tiff", image().tiff({ compression: "none" }).toBuffer()],
  ];
  return await Promise.all(made.map(async ([kind, bytes]) => ({
    kind,
    bytes: new Uint8Array(await bytes),
    checksummed: kind.endsWith("png"),
  })));
}

type Mutation = (bytes: Uint8Array, rng: Rng) => Uint8Array;

/** Some bytes overwritten by what `value` gives. */
function overwrite(count: number, value: (rng: Rng, old: number) => number): Mutation {
  return (bytes, rng) => {
    const changed = bytes.slice();
    for (let i = 0; i < count; i++) {
      const at = rng.int(bytes.length);
      changed[at] = value(rng, changed[at]!);
    }
    return changed;
  };
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Bytes from and up to two random places. */
function someRange(bytes: Uint8Array, rng: Rng): [number, number] {
  const [a, b] = [rng.int(bytes.length), rng.int(bytes.length)];
  return [Math.min(a, b), Math.max(a, b) + 1];
}

/** The ways in which a file is damaged. */
export const mutations: Readonly<Record<string, Mutation>> = {
  "cut short": (bytes, rng) => bytes.slice(0, 1 + rng.int(bytes.length - 1)),
  "one bit flipped": overwrite(1, (rng, old) => old ^ 1 << rng.int(8)),
  "some bytes random": overwrite(12, (rng) => rng.int(256)),
  "some bytes 0xff": overwrite(6, () => 0xff),
  "a header byte changed": (bytes, rng) => {
    const changed = bytes.slice();
    changed[rng.int(Math.min(64, bytes.length))] = rng.int(256);
    return changed;
  },
  "a range zeroed": (bytes, rng) => bytes.slice().fill(0, ...someRange(bytes, rng)),
  "a range left out": (bytes, rng) => {
    const [from, to] = someRange(bytes, rng);
    return concat(bytes.subarray(0, from), bytes.subarray(to));
  },
  "a range twice": (bytes, rng) => {
    const [from, to] = someRange(bytes, rng);
    return concat(bytes.subarray(0, to), bytes.subarray(from));
  },
  "random bytes put in": (bytes, rng) => {
    const at = rng.int(bytes.length);
    const noise = Uint8Array.from({ length: 1 + rng.int(40) }, () => rng.int(256));
    return concat(bytes.subarray(0, at), noise, bytes.subarray(at));
  },
  "random bytes after the end": (bytes, rng) =>
    concat(bytes, Uint8Array.from({ length: 1 + rng.int(40) }, () => rng.int(256))),
};

/** How many damaged files ended how, for one kind of file and one kind of damage. */
export interface MutationOutcome {
  readonly kind: string;
  readonly mutation: string;
  decoded: number;
  refused: number;
}

/** Longest time that one small image may take, in milliseconds, on however busy a machine. */
const PATIENCE = 30_000;

/**
 * Preprocesses `count` damaged images, kinds and damages in turn.
 * @param folder an empty one for the files
 * @returns what was tried and how it ended
 * @throws if one is neither decoded nor refused with its name and a reason, if it takes very long, or
 *   if a checksummed file decodes to other pixels than the intact one
 */
export async function tryMutatedImages(
  count: number,
  folder: string,
  seed = 1,
): Promise<MutationOutcome[]> {
  const rng = new Rng(seed);
  const outcomes = new Map<string, MutationOutcome>();
  const names = Object.keys(mutations);
  let files: Specimen[] = [];
  for (let i = 0; i < count; i++) {
    if (i % 130 === 0) files = await specimens(seed + i);
    const specimen = files[i % files.length]!, mutation = names[Math.floor(i / 13) % names.length]!;
    const bytes = mutations[mutation]!(specimen.bytes, rng);
    const key = `${specimen.kind}: ${mutation}`;
    const outcome = outcomes.get(key) ??
      { kind: specimen.kind, mutation, decoded: 0, refused: 0 };
    outcomes.set(key, outcome);
    const path = `${folder}/image`;
    await Deno.writeFile(path, bytes);
    const decoder = i % 5 === 0 ? "fast" : "exact";
    const pixels = await inTime(tryImage(path, decoder, i), `${key}, image ${i}`);
    if (pixels) outcome.decoded++;
    else outcome.refused++;
    if (pixels && specimen.checksummed) {
      await Deno.writeFile(path, specimen.bytes);
      const intact = await preprocess({ kind: "file", path });
      if (pixels.some((level, at) => level !== intact[at])) {
        throw new Error(`${key}, image ${i}: damage passed unnoticed`);
      }
    }
  }
  return [...outcomes.values()];
}

/** The pixels, or undefined if the image is refused as it should be. */
async function tryImage(
  path: string,
  decoder: "exact" | "fast",
  index: number,
): Promise<Uint8Array | undefined> {
  try {
    const pixels = await preprocess({ kind: "file", path }, { decoder }, `image ${index}`);
    if (pixels.length !== 32 * 32) throw new Error(`image ${index} has ${pixels.length} pixels`);
    return pixels;
  } catch (error) {
    if (!(error instanceof BadImage)) throw error;
    if (!error.message.startsWith(`image ${index}: `) || error.reason.length < 10) throw error;
  }
}

async function inTime<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} takes very long`)), PATIENCE);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
