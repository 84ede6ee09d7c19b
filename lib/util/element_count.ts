/** How many elements an array of this shape has: the product of its sides, 1 without any. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** @throws RangeError naming an array whose numbers are not as many as its shape says */
export function checkElements(
  name: string,
  { shape, data }: {
    readonly shape: readonly number[];
    readonly data: { readonly length: number };
  },
): void {
  const count = elementCount(shape);
  if (data.length === count) return;
  throw new RangeError(
    `${name}, of shape (${shape.join(", ")}), must hold ${count} numbers, got ${data.length}`,
  );
}
