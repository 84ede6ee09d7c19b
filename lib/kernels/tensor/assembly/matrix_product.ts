// Products of matrices: B is packed into panels of 16 columns, then tiles run down the rows of A.
import { finish } from "./finish";
import { split } from "./parts";
import { C_ROW, PANEL, TILE_ROWS, tileOfColumns, tileOfOneRow, tileOfRows } from "./tiles";

/** Rows whose sums stand in a thread's buffer at a time. */
const BLOCK = 48;

/**
 * Packs matrices B into panels: (panel, depth, 16), zeros where there is no column. Descriptor:
 * 0 B, 1 packed, 2 depth, 3 columns, 4 whether B stands as (columns, depth), 5 matrices, 6 bytes between
 * two matrices of B, 7 parts.
 */
export function packPanels(d: usize, part: i32): void {
  const b = load<usize>(d),
    packed = load<usize>(d, 4),
    depth = load<i32>(d, 8),
    columns = load<i32>(d, 12);
  const transposed = load<i32>(d, 16), stride = load<usize>(d, 24), parts = load<i32>(d, 28);
  const panels = (columns + PANEL - 1) / PANEL, all = panels * load<i32>(d, 20);
  const panelBytes = <usize> depth * C_ROW;
  for (let i = split(all, part, parts), end = split(all, part + 1, parts); i < end; i++) {
    const panel = i % panels,
      from = b + <usize> (i / panels) * stride,
      to = packed + i * panelBytes;
    const count = min(PANEL, columns - panel * PANEL);
    if (transposed) packRows(from + (<usize> (panel * PANEL * depth) << 2), depth, count, to);
    else packColumns(from + (<usize> (panel * PANEL) << 2), depth, <usize> columns << 2, count, to);
  }
}

/** `count` columns of a matrix with rows `row` bytes apart. */
function packColumns(from: usize, depth: i32, row: usize, count: i32, to: usize): void {
  for (const end = to + <usize> depth * C_ROW; to < end; to += C_ROW, from += row) {
    if (count == PANEL) {
      v128.store(to, v128.load(from)), v128.store(to, v128.load(from, 16), 16);
      v128.store(to, v128.load(from, 32), 32), v128.store(to, v128.load(from, 48), 48);
    } else {
      const bytes = <usize> count << 2;
      for (let i: usize = 0; i < bytes; i += 4) store<f32>(to + i, load<f32>(from + i));
      for (let i = bytes; i < C_ROW; i += 4) store<f32>(to + i, 0);
    }
  }
}

/** `count` rows of `depth` numbers become columns. */
function packRows(from: usize, depth: i32, count: i32, to: usize): void {
  const row = <usize> depth << 2;
  for (let j = 0; j < PANEL; j += 4, to += 16, from += 4 * row) {
    const rows = count - j;
    let p = from, q = to, k = 0;
    if (rows >= 4) {
      for (; k + 4 <= depth; k += 4, p += 16, q += 4 * C_ROW) {
        const x = v128.load(p),
          y = v128.load(p + row),
          z = v128.load(p + 2 * row),
          w = v128.load(p + 3 * row);
        const e = v128.shuffle<f32>(x, y, 0, 4, 1, 5), f = v128.shuffle<f32>(x, y, 2, 6, 3, 7);
        const g = v128.shuffle<f32>(z, w, 0, 4, 1, 5), h = v128.shuffle<f32>(z, w, 2, 6, 3, 7);
        v128.store(q, v128.shuffle<f64>(e, g, 0, 2)),
          v128.store(q, v128.shuffle<f64>(e, g, 1, 3), 64);
        v128.store(q, v128.shuffle<f64>(f, h, 0, 2), 128),
          v128.store(q, v128.shuffle<f64>(f, h, 1, 3), 192);
      }
    }
    for (; k < depth; k++, p += 4, q += C_ROW) {
      for (let r = 0; r < 4; r++) {
        store<f32>(q + (<usize> r << 2), r < rows ? load<f32>(p + <usize> r * row) : 0);
      }
    }
  }
}

/**
 * C = f(op(A)·B + bias) with B from `packPanels`. Descriptor: 0 A, 1 B's panels, 2 C, 3 bias, 4 activation,
 * 5 alpha, 6 rows, 7 depth, 8 columns, 9 whether A stands as (depth, rows), 10 matrices, 11, 12, 13 bytes
 * between two matrices of A, B's panels and C, 14 ranges of rows and 15 of panels that a product is cut
 * into, 16 parts, 17 buffers of BLOCK · 64 bytes, one for each thread, 18 bytes between
 * two panels and 19 between two rows of one: B may stand as it is, too, if that is (depth, columns).
 */
export function multiply(d: usize, part: i32, thread: i32): void {
  const rows = load<i32>(d, 24), columns = load<i32>(d, 32), parts = load<i32>(d, 64);
  const rowRanges = load<i32>(d, 56), panelRanges = load<i32>(d, 60);
  const panels = (columns + PANEL - 1) / PANEL;
  const ranges = rowRanges * panelRanges, units = ranges * load<i32>(d, 40);
  const buffer = load<usize>(d, 68) + <usize> (thread * BLOCK) * C_ROW;
  for (
    let unit = split(units, part, parts), end = split(units, part + 1, parts);
    unit < end;
    unit++
  ) {
    const range = unit % ranges, rowRange = range / panelRanges, panelRange = range % panelRanges;
    multiplyRange(
      d,
      unit / ranges,
      split(rows, rowRange, rowRanges),
      split(rows, rowRange + 1, rowRanges),
      split(panels, panelRange, panelRanges),
      split(panels, panelRange + 1, panelRanges),
      buffer,
    );
  }
}

function multiplyRange(
  d: usize,
  matrix: usize,
  row: i32,
  endRow: i32,
  firstPanel: i32,
  endPanel: i32,
  buffer: usize,
): void {
  const bias = load<usize>(d, 12), kind = load<i32>(d, 16), alpha = load<f32>(d, 20);
  const rows = load<i32>(d, 24), depth = load<i32>(d, 28), columns = load<i32>(d, 32);
  const transposed = load<i32>(d, 36) != 0;
  const a = load<usize>(d) + matrix * load<usize>(d, 44);
  const b = load<usize>(d, 4) + matrix * load<usize>(d, 48);
  const c = load<usize>(d, 8) + matrix * load<usize>(d, 52);
  const panelBytes = load<usize>(d, 72), bRow = load<usize>(d, 76), cRow = <usize> columns << 2;
  const aRow: usize = transposed ? 4 : <usize> depth << 2;
  for (; row < endRow; row += BLOCK) {
    const count = min(BLOCK, endRow - row), block = a + <usize> row * aRow;
    for (let panel = firstPanel; panel < endPanel; panel++) {
      const q = b + <usize> panel * panelBytes, first = panel * PANEL;
      const used = min(PANEL, columns - first);
      let to = buffer;
      for (let r = 0; r < count; r += TILE_ROWS, to += <usize> TILE_ROWS * C_ROW) {
        const p0 = block + <usize> r * aRow;
        if (rows == 1) tileOfOneRow(p0, depth, q, bRow, to);
        else if (transposed) {
          tileOfColumns(p0, <usize> rows << 2, 1, depth, 0, q, bRow, 0, used, to, false);
        } else {
          // rows that are not there are read as the last one, and nobody looks at their sums
          const last = count - r - 1;
          const p1 = p0 + <usize> min(1, last) * aRow, p2 = p0 + <usize> min(2, last) * aRow;
          const p3 = p0 + <usize> min(3, last) * aRow, p4 = p0 + <usize> min(4, last) * aRow;
          tileOfRows(
            p0,
            p1,
            p2,
            p3,
            p4,
            p0 + <usize> min(5, last) * aRow,
            1,
            depth,
            0,
            q,
            bRow,
            0,
            used,
            to,
            C_ROW,
            false,
          );
        }
      }
      const at = c + <usize> row * cRow + (<usize> first << 2);
      finish(
        buffer,
        count,
        used,
        bias == 0 ? 0 : bias + (<usize> first << 2),
        kind,
        alpha,
        at,
        cRow,
      );
    }
  }
}
