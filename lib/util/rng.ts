/**
 * A seeded random number generator: the same seed gives the same numbers on every machine.
 *
 * The core is sfc32 (Chris Doty-Humphrey's "small fast counting" generator, 128 bits of state);
 * the seed is spread over the state with splitmix32.
 */
export class Rng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  #spare: number | undefined;
  readonly #seed: number;

  /** @param seed any integer; only its low 32 bits count */
  constructor(seed: number) {
    if (!Number.isInteger(seed)) throw new RangeError(`seed must be an integer, got ${seed}`);
    this.#seed = seed >>> 0;
    let state = this.#seed;
    const next = () => {
      state = (state + 0x9e3779b9) | 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** A generator of its own for `label`: streams of different labels are independent. */
  fork(label: string | number): Rng {
    let hash = 0x811c9dc5 ^ this.#seed; // FNV-1a over the label, started from the seed
    for (const char of String(label)) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
    return new Rng(hash);
  }

  /** A uniform integer in [0, 2^32). */
  uint32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** A uniform number in [low, high), by default [0, 1). */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.uint32() / 0x1_0000_0000);
  }

  /** A uniform integer in [0, n). */
  int(n: number): number {
    if (!(n >= 1)) throw new RangeError(`int(n) needs n >= 1, got ${n}`);
    return Math.floor(this.uniform() * n);
  }

  /** A number from the normal distribution (Marsaglia's polar method). */
  normal(mean = 0, std = 1): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return mean + std * spare;
    }
    let u: number, v: number, s: number;
    do {
      u = this.uniform(-1, 1);
      v = this.uniform(-1, 1);
      s = u * u + v * v;
    } while (s >= 1 || s === 0);
    const scale = Math.sqrt(-2 * Math.log(s) / s);
    this.#spare = v * scale;
    return mean + std * u * scale;
  }

  /** One element of a non-empty list. */
  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)]!;
  }

  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(list: T): T {
    const cells = list as { [index: number]: unknown };
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const kept = cells[i];
      cells[i] = cells[j];
      cells[j] = kept;
    }
    return list;
  }

  /** The numbers 0 … n − 1 in random order. */
  permutation(n: number): Int32Array {
    return this.shuffle(Int32Array.from({ length: n }, (_, i) => i));
  }
}
