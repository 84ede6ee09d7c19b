/** Shapes as dimensions with strides, and how to go through several tensors with few of them. */

/** A dimension: its size, and for each tensor the numbers from one index to the next. */
export interface Dimension {
  readonly size: number;
  readonly strides: readonly number[];
}

/** Strides of a tensor without gaps, in numbers. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = new Array(shape.length);
  let stride = 1;
  for (let k = shape.length - 1; k >= 0; k--) {
    strides[k] = stride;
    stride *= shape[k]!;
  }
  return strides;
}

/** Strides of a tensor that is broadcast to `rank` dimensions: 0 where one number serves a whole dimension. */
export function broadcastStrides(shape: readonly number[], rank: number): number[] {
  const own = stridesOf(shape);
  const missing = rank - shape.length;
  return Array.from({ length: rank }, (_, k) => {
    const at = k - missing;
    return at < 0 || shape[at] === 1 ? 0 : own[at]!;
  });
}

/** The same with fewest dimensions: those of size 1 go, neighbours that all tensors run through as one join. */
export function collapse(dimensions: readonly Dimension[]): Dimension[] {
  const collapsed: Dimension[] = [];
  for (const dimension of dimensions) {
    if (dimension.size === 1) continue;
    const before = collapsed.at(-1);
    const joins = before?.strides.every((stride, i) =>
      stride === dimension.strides[i]! * dimension.size
    );
    if (before && joins) {
      collapsed[collapsed.length - 1] = {
        size: before.size * dimension.size,
        strides: dimension.strides,
      };
    } else collapsed.push(dimension);
  }
  return collapsed;
}

/** Writes dimensions where a kernel reads them: size, then strides in bytes of 32-bit numbers. */
export function writeDimensions(
  words: Int32Array,
  at: number,
  dimensions: readonly Dimension[],
): void {
  for (const { size, strides } of dimensions) {
    words[at++] = size;
    for (const stride of strides) words[at++] = 4 * stride;
  }
}
