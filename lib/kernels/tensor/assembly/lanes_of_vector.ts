/** Stores the first `count` numbers of a vector, 1 to 4. */
export function storeSome(to: usize, x: v128, count: i32): void {
  if (count >= 4) {
    v128.store(to, x);
    return;
  }
  if (count & 2) {
    v128.store64_lane(to, x, 0);
    if (count & 1) v128.store32_lane(to, x, 2, 8);
  } else v128.store32_lane(to, x, 0);
}

/** Loads `count` numbers, 1 to 4, into a vector's first lanes; the others are zero. */
export function loadSome(from: usize, count: i32): v128 {
  if (count >= 4) return v128.load(from);
  if (count & 2) {
    const pair = v128.load64_zero(from);
    return count & 1 ? v128.load32_lane(from, pair, 2, 8) : pair;
  }
  return v128.load32_zero(from);
}
