// Shape of a convolution or pooling: the first 16 words of a descriptor, in the order of `writeGeometry` in
// ../geometry_words.ts.

// @inline
export function batchSize(d: usize): i32 {
  return load<i32>(d);
}
// @inline
export function inHeight(d: usize): i32 {
  return load<i32>(d, 4);
}
// @inline
export function inWidth(d: usize): i32 {
  return load<i32>(d, 8);
}
// @inline
export function inChannels(d: usize): i32 {
  return load<i32>(d, 12);
}
// @inline
export function outHeight(d: usize): i32 {
  return load<i32>(d, 16);
}
// @inline
export function outWidth(d: usize): i32 {
  return load<i32>(d, 20);
}
// @inline
export function outChannels(d: usize): i32 {
  return load<i32>(d, 24);
}
// @inline
export function filterHeight(d: usize): i32 {
  return load<i32>(d, 28);
}
// @inline
export function filterWidth(d: usize): i32 {
  return load<i32>(d, 32);
}
// @inline
export function strideHeight(d: usize): i32 {
  return load<i32>(d, 36);
}
// @inline
export function strideWidth(d: usize): i32 {
  return load<i32>(d, 40);
}
// @inline
export function dilationHeight(d: usize): i32 {
  return load<i32>(d, 44);
}
// @inline
export function dilationWidth(d: usize): i32 {
  return load<i32>(d, 48);
}
// @inline
export function padTop(d: usize): i32 {
  return load<i32>(d, 52);
}
// @inline
export function padLeft(d: usize): i32 {
  return load<i32>(d, 56);
}
/** Parts of the job. */
// @inline
export function partCount(d: usize): i32 {
  return load<i32>(d, 60);
}

/** The least i ≥ 0 for which start + i·step ≥ 0. */
export function firstInside(start: i32, step: i32): i32 {
  return start >= 0 ? 0 : (step - 1 - start) / step;
}

/** How many i from 0 to `count` − 1 have start + i·step < size: those before the result do. */
export function endInside(start: i32, step: i32, count: i32, size: i32): i32 {
  if (start >= size) return 0;
  return min(count, (size - 1 - start) / step + 1);
}
