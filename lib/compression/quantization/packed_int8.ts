/**
 * How the int8 kernels read a layer's inputs: packed int8x4, four neighbouring bytes in one 32-bit
 * place. Two of them make a pair, whose products are first added in 16 bits; `sumGroups` says which
 * weights meet in such a sum.
 */
import type { ConvStage, DenseStage } from "../../kernels/kernel_plan.ts";

/** Four inputs that stand side by side, and which weights of a filter or unit they meet. */
export interface Int8x4 {
  /** Indices into a filter's or unit's weights, −1 where there is none: that weight counts as 0. */
  readonly taps: readonly number[];
  /** Bytes to the right of a patch's first, in channel-last order; rows below it. */
  readonly byte: number;
  readonly row: number;
  /** Whether the bytes stand below each other instead. */
  readonly column: boolean;
}

/** Bytes from one int8x4 to the next that patches can start at: 1, 2 or 4. */
export function int8x4Step(channels: number): number {
  return channels % 4 === 0 ? 4 : channels % 2 === 0 ? 2 : 1;
}

/** Whether a convolution's last column of taps is read downwards, because its rows leave one over. */
export function readsColumns({ channels, kernel }: ConvStage): boolean {
  return channels === 1 && kernel % 4 === 1;
}

/** The packed inputs of a patch. Each row's bytes are its pixels', channel-last. */
export function packedConvInputs(stage: ConvStage): Int8x4[] {
  const { channels, kernel } = stage;
  const columns = readsColumns(stage);
  const bytes = channels * kernel - (columns ? 1 : 0);
  const packed: Int8x4[] = [];
  for (let row = 0; row < kernel; row++) {
    for (let byte = 0; byte < bytes; byte += 4) {
      const taps = [0, 1, 2, 3].map((i) => {
        const [x, channel] = [Math.floor((byte + i) / channels), (byte + i) % channels];
        return byte + i < bytes ? (channel * kernel + row) * kernel + x : -1;
      });
      packed.push({ taps, byte, row, column: false });
    }
  }
  for (let row = 0; columns && row < kernel; row += 4) {
    const taps = [0, 1, 2, 3].map((i) => row + i < kernel ? (row + i + 1) * kernel - 1 : -1);
    packed.push({ taps, byte: kernel - 1, row, column: true });
  }
  return packed;
}

/** The packed inputs of a dense layer. */
export function packedDenseInputs({ inputs }: DenseStage): Int8x4[] {
  const packed: Int8x4[] = [];
  for (let byte = 0; byte < inputs; byte += 4) {
    const taps = [0, 1, 2, 3].map((i) => byte + i < inputs ? byte + i : -1);
    packed.push({ taps, byte, row: 0, column: false });
  }
  return packed;
}

/** Indices of a filter's or unit's weights whose products are added in 16 bits, one list a sum. */
export type SumGroups = readonly (readonly number[])[];

/** The sums of some packed inputs: of each pair the first halves, and the second halves. */
export function sumGroups(packed: readonly Int8x4[]): SumGroups {
  const groups: number[][] = [];
  for (let i = 0; i < packed.length; i += 2) {
    const [x, y] = [packed[i]!.taps, packed[i + 1]?.taps ?? []];
    groups.push([...x.slice(0, 2), ...y.slice(0, 2)], [...x.slice(2), ...y.slice(2)]);
  }
  return groups.map((group) => group.filter((tap) => tap >= 0));
}
