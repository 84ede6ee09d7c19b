import type { Rng } from "../../util/rng.ts";
import type { Canvas, Colour } from "./canvas.ts";

/** A colour cast: each channel about 1. */
export function tint(rng: Rng, strength: number): Colour {
  const channel = () => 1 + rng.uniform(-strength, strength);
  return [channel(), channel(), channel()];
}

/** Smooth light and dark, from two grids of random values. */
export function background(canvas: Canvas, rng: Rng): void {
  const { width, height, pixels } = canvas;
  const base = rng.uniform(0.15, 0.85);
  const [red, green, blue] = tint(rng, 0.3);
  const coarse = backgroundGrid(3, 0.3, width, height, rng);
  const fine = backgroundGrid(9, 0.18, width, height, rng);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = base + gridValue(coarse, x, y) + gridValue(fine, x, y);
      pixels[at++] = value * red;
      pixels[at++] = value * green;
      pixels[at++] = value * blue;
    }
  }
}

/** Random values on a square grid, and where in it each column and each row of the picture lies. */
interface BackgroundGrid {
  /** Values in a row of the grid. */
  readonly side: number;
  readonly values: Float64Array;
  readonly columns: GridPositions;
  readonly rows: GridPositions;
}

/** For each pixel of a line, the grid cell it lies in and how far along that cell, 0–1. */
interface GridPositions {
  readonly cell: Int32Array;
  readonly share: Float64Array;
}

function backgroundGrid(
  cells: number,
  strength: number,
  width: number,
  height: number,
  rng: Rng,
): BackgroundGrid {
  const side = cells + 2;
  const values = Float64Array.from({ length: side ** 2 }, () => rng.uniform(-1, 1) * strength);
  return {
    side,
    values,
    columns: gridPositions(width, cells),
    rows: gridPositions(height, cells),
  };
}

function gridPositions(length: number, cells: number): GridPositions {
  const cell = new Int32Array(length), share = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const position = i / length * cells;
    cell[i] = Math.floor(position);
    share[i] = position - cell[i]!;
  }
  return { cell, share };
}

/** The grid's value at a pixel, interpolated between the four grid points around it. */
function gridValue({ side, values, columns, rows }: BackgroundGrid, x: number, y: number): number {
  const fx = columns.share[x]!, fy = rows.share[y]!;
  const at = rows.cell[y]! * side + columns.cell[x]!;
  return (values[at]! * (1 - fx) + values[at + 1]! * fx) * (1 - fy) +
    (values[at + side]! * (1 - fx) + values[at + side + 1]! * fx) * fy;
}
