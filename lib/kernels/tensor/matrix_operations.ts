import { activationCodes } from "./activation_codes.ts";
import { type JobRunner, partsFor, withScratch } from "./job_runner.ts";
import type { Fused, MatMul } from "./tensor_operations.ts";

/** Columns of a panel of the second factor. */
const PANEL = 16;
/** Rows of the largest tile. */
const TILE_ROWS = 6;
/** Bytes of a thread's buffer for sums. */
const BUFFER = 48 * 4 * PANEL;
/** Multiply-adds that take as long as to put one number into a panel. */
const PACKING = 8;
/** Rows below which a product is cut across its columns, not its rows. */
const FEW_ROWS = 24;

/** Bytes of a matrix in panels. */
export function panelBytes(depth: number, columns: number): number {
  return Math.ceil(columns / PANEL) * depth * 4 * PANEL;
}

/** Packs matrices B into panels, as `multiply` and the convolutions read them. */
export function packPanels(
  runner: JobRunner,
  b: number,
  packed: number,
  depth: number,
  columns: number,
  transposed: boolean,
  matrices = 1,
  stride = 0,
): void {
  const work = PACKING * depth * columns * matrices;
  const parts = partsFor(runner, work, Math.ceil(columns / PANEL) * matrices);
  runner.words.set(
    [b, packed, depth, columns, Number(transposed), matrices, 4 * stride, parts],
  );
  runner.run("packPanels", parts);
}

/** Words of a descriptor: bias, activation, alpha. */
export function writeFused({ words, floats }: JobRunner, at: number, fused: Fused): void {
  words[at] = fused.bias ?? 0;
  words[at + 1] = activationCodes[fused.activation ?? "linear"];
  floats[at + 2] = fused.alpha ?? 0.2;
}

/** See `MatMul`. */
export function matMul(runner: JobRunner, operation: MatMul): void {
  const { batch, rows, depth, columns, a, b, c, transposeA = false, transposeB = false } =
    operation;
  const kept = operation.panels;
  const { strideA = rows * depth, strideB = depth * columns } = operation;
  if (batch * rows * columns === 0) return;
  const onePanel = strideB === 0;
  // a few rows do not make up for the packing of B
  const isPacked = kept !== undefined || transposeB || rows > TILE_ROWS;
  const bytes = panelBytes(depth, columns);
  const panels = Math.ceil(columns / PANEL);
  const parts = partsFor(runner, batch * rows * depth * columns, batch * Math.max(rows, panels));
  const ranges = Math.ceil(parts / batch);
  const rowRanges = rows < FEW_ROWS ? 1 : Math.min(ranges, Math.ceil(rows / 12));
  const panelRanges = Math.min(panels, Math.ceil(ranges / rowRanges));
  const units = batch * rowRanges * panelRanges;
  const isNew = isPacked && kept === undefined;
  const sizes = [isNew ? (onePanel ? 1 : batch) * bytes : 0, runner.threads * BUFFER];
  withScratch(runner, sizes, (packed = 0, buffers = 0) => {
    if (isNew) {
      packPanels(runner, b, packed, depth, columns, transposeB, onePanel ? 1 : batch, strideB);
    }
    const { words } = runner;
    words.set([a, kept ?? (isPacked ? packed : b), c]);
    writeFused(runner, 3, operation);
    words.set(
      [
        ...[rows, depth, columns, Number(transposeA), batch],
        ...[4 * strideA, isPacked ? (onePanel ? 0 : bytes) : 4 * strideB, 4 * rows * columns],
        ...[rowRanges, panelRanges, Math.min(parts, units), buffers],
        ...isPacked ? [4 * PANEL * depth, 4 * PANEL] : [4 * PANEL, 4 * columns],
      ],
      6,
    );
    runner.run("multiply", Math.min(parts, units));
  });
}
