/** How many elements an array of this shape has: the product of its sides, 1 without any. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
