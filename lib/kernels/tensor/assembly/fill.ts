import { split } from "./parts";

/** Fills an array of 32-bit words with one word. Descriptor: array, count, word, parts. */
export function fill(d: usize, part: i32): void {
  const array = load<usize>(d), count = load<i32>(d, 4), parts = load<i32>(d, 12);
  const word = i32x4.splat(load<i32>(d, 8));
  let p = array + (<usize> split(count, part, parts) << 2);
  const end = array + (<usize> split(count, part + 1, parts) << 2);
  for (; p + 16 <= end; p += 16) v128.store(p, word);
  for (; p < end; p += 4) store<i32>(p, i32x4.extract_lane(word, 0));
}
