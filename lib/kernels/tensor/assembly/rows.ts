// Where the rows of tensors with strides stand.

/**
 * Bytes from the start of a tensor to its row number `row`.
 * @param dims words: for each outer dimension its size, then the strides of several tensors, `width` words in
 *   all, outermost first
 * @param which of these words is this tensor's stride, in bytes from the dimension's start
 */
// @inline
export function rowOffset(row: i32, rank: i32, dims: usize, width: usize, which: usize): usize {
  let at: i32 = 0;
  for (let k = rank - 1; k >= 0; k--) {
    const dim = dims + <usize> k * width, size = load<i32>(dim);
    const next = row / size;
    at += (row - next * size) * load<i32>(dim + which);
    row = next;
  }
  return <usize> at;
}
