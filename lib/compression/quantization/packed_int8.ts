/**
 * How the int8 kernels read a layer's inputs: four at a time, as a "quad" of neighbouring bytes. Two
 * quads make a unit, whose products are first added in 16 bits; `sumGroups` says which weights meet in
 * such a sum.
 */
import type { ConvStage, DenseStage } from "../../kernels/kernel_plan.ts";

/** Four inputs that stand side by side, and which weights of a filter or unit they meet. */
export interface Quad {
  /** Indices into a filter's or unit's weights, −1 where there is none: that weight counts as 0. */
  readonly taps: readonly number[];
  /** Bytes to the right of a patch's first, in channel-last order; rows below it. */
  readonly byte: number;
  readonly row: number;
  /** Whether the bytes stand below each other instead. */
  readonly column: boolean;
}

/** Bytes from one quad to the next that patches can start at: 1, 2 or 4. */
export function quadStep(channels: number): number {
  return channels % 4 === 0 ? 4 : channels % 2 === 0 ? 2 : 1;
}

/** Whether a convolution's last column of taps is read downwards, because its rows leave one over. */
export function readsColumns({ channels, kernel }: ConvStage): boolean {
  return channels === 1 && kernel % 4 === 1;
}

/** The quads of a patch. Each row's bytes are its pixels', channel-last. */
export function convQuads(stage: ConvStage): Quad[] {
  const { channels, kernel } = stage;
  const columns = readsColumns(stage);
  const bytes = channels * kernel - (columns ? 1 : 0);
  const quads: Quad[] = [];
  for (let row = 0; row < kernel; row++) {
    for (let byte = 0; byte < bytes; byte += 4) {
      const taps = [0, 1, 2, 3].map((i) => {
        const [x, channel] = [Math.floor((byte + i) / channels), (byte + i) % channels];
        return byte + i < bytes ? (channel * kernel + row) * kernel + x : -1;
      });
      quads.push({ taps, byte, row, column: false });
    }
  }
  for (let row = 0; columns && row < kernel; row += 4) {
    const taps = [0, 1, 2, 3].map((i) => row + i < kernel ? (row + i + 1) * kernel - 1 : -1);
    quads.push({ taps, byte: kernel - 1, row, column: true });
  }
  return quads;
}

/** The quads of a dense layer's inputs. */
export function denseQuads({ inputs }: DenseStage): Quad[] {
  const quads: Quad[] = [];
  for (let byte = 0; byte < inputs; byte += 4) {
    const taps = [0, 1, 2, 3].map((i) => byte + i < inputs ? byte + i : -1);
    quads.push({ taps, byte, row: 0, column: false });
  }
  return quads;
}

/** Indices of a filter's or unit's weights whose products are added in 16 bits, one list a sum. */
export type SumGroups = readonly (readonly number[])[];

/** The sums of some quads: of two quads the first halves, and the second halves. */
export function sumGroups(quads: readonly Quad[]): SumGroups {
  const groups: number[][] = [];
  for (let i = 0; i < quads.length; i += 2) {
    const [x, y] = [quads[i]!.taps, quads[i + 1]?.taps ?? []];
    groups.push([...x.slice(0, 2), ...y.slice(0, 2)], [...x.slice(2), ...y.slice(2)]);
  }
  return groups.map((group) => group.filter((tap) => tap >= 0));
}
